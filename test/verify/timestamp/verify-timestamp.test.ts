import { beforeAll, describe, expect, it } from 'vitest';
import type { CertificateAuthority } from '../../../src/attest/trust-root.ts';
import {
  derBoolean,
  derExplicit,
  derGeneralizedTime,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derRetag,
  derSequence,
  derSetOf,
  derElement,
} from '../../../src/bytes/der-writer.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import { keyUsage, oids } from '../../../src/testing/sigstore/certificate-extensions.ts';
import { withExtension } from '../../../src/testing/sigstore/certificate-template.ts';
import { hashOf } from '../../../src/testing/sigstore/hash-of.ts';
import { createTestKey } from '../../../src/testing/sigstore/test-key.ts';
import { verifyTimestamp, type TimestampFact } from '../../../src/verify/timestamp/verify-timestamp.ts';
import {
  algorithm,
  attribute,
  attributeTypes,
  hashOids,
  makeStamper,
  signingCertificate,
  signingCertificateV2,
  stamp,
  stampTime,
  type TestStamper,
  type TokenTemplate,
} from './test-token.ts';

type Change = (good: TokenTemplate) => Partial<TokenTemplate> | Promise<Partial<TokenTemplate>>;

const signature = utf8('the bytes of a signature');
const invalid = { code: 'ERR_TIMESTAMP_INVALID' };
const untrusted = { code: 'ERR_TIMESTAMP_UNTRUSTED' };

let stamper: TestStamper;
let other: TestStamper;
beforeAll(async () => {
  [stamper, other] = [await makeStamper(), await makeStamper()];
});

async function check(change?: Change, authorities?: readonly CertificateAuthority[]): Promise<TimestampFact> {
  return verifyTimestamp(await stamp(stamper, signature, change), signature, authorities ?? [stamper.trusted]);
}

/** The attributes of a good token, without one of them. */
const without = (good: TokenTemplate, place: number): Uint8Array<ArrayBuffer>[] => good.attributes.toSpliced(place, 1);

describe('timestamp', () => {
  it('proves when the signature was there, and by whom', async () => {
    expect(await check()).toEqual({ time: stampTime, operator: 'example', authority: stamper.trusted });
  });

  it('may come without the certificate of its signer, which the trust root lists', async () => {
    await check(() => ({ certificates: [] }));
    await check(() => ({ certificates: [other.certificate, ...stamper.above] }));
  });

  it('may be by an authority of which the trust root lists no more than the issuers', async () => {
    const authority = { ...stamper.trusted, certificates: stamper.above };
    expect(await check(undefined, [authority])).toMatchObject({ authority });
    const [, root] = stamper.above;
    const rootOnly = { ...stamper.trusted, certificates: root === undefined ? [] : [root] };
    await check(() => ({ certificates: [stamper.certificate, ...stamper.above] }), [rootOnly]);
    await expect(check(undefined, [rootOnly])).rejects.toMatchObject(untrusted);
    await expect(check(() => ({ certificates: [] }), [authority])).rejects.toMatchObject(untrusted);
  });

  it.each([
    'PKIX_ECDSA_P384_SHA_384',
    'PKIX_ECDSA_P521_SHA_512',
    'PKIX_RSA_PKCS1V15_2048_SHA256',
    'PKIX_ED25519',
  ] as const)('may be signed with %s', async (name) => {
    const one = await makeStamper(name);
    const response = await stamp(one, signature);
    expect(await verifyTimestamp(response, signature, [other.trusted, one.trusted])).toMatchObject({ time: stampTime });
  });

  it('may be signed with RSA-PSS, whose hash stands beside it', async () => {
    const one = await makeStamper('PKIX_RSA_PSS_2048_SHA256');
    const sha256 = algorithm(hashOids.sha256);
    const mask = derSequence(derOid('1.2.840.113549.1.1.8'), sha256);
    const parameters = derSequence(derExplicit(0, sha256), derExplicit(1, mask), derExplicit(2, derInteger(32)));
    const identifier = derSequence(derOid('1.2.840.113549.1.1.10'), parameters);
    const response = await stamp(one, signature, () => ({ identifier }));
    expect(await verifyTimestamp(response, signature, [one.trusted])).toMatchObject({ time: stampTime });
  });

  it('may name RSA alone, as CMS does, and take the hash from beside it', async () => {
    const one = await makeStamper('PKIX_RSA_PKCS1V15_2048_SHA256');
    const response = await stamp(one, signature, () => ({ identifier: algorithm('1.2.840.113549.1.1.1') }));
    await verifyTimestamp(response, signature, [one.trusted]);
  });

  it.each(['sha384', 'sha512'] as const)('may be over the %s of the signature', async (hash) => {
    const imprint = await hashOf(signature, hash);
    await check(() => ({ imprintHash: algorithm(hashOids[hash]), imprint }));
    await check(() => ({ imprintHash: derSequence(derOid(hashOids[hash])), imprint }));
  });

  it('may be granted with changes, have a part of a second, and say how exact it is', async () => {
    await check(() => ({ status: 1 }));
    const time = stampTime + 125;
    const authority = { ...stamper.trusted, validFor: { start: time, end: time } };
    expect(await check(() => ({ genTime: derGeneralizedTime(time) }), [authority])).toMatchObject({ time });
    const accuracy = derSequence(derInteger(1), derImplicit(0, Uint8Array.of(5)));
    const name = derExplicit(0, derExplicit(4, stamper.template.subject));
    const extension = derRetag(1, derSequence(derSequence(derOid('1.2.3'), derOctetString(utf8('?')))));
    await check(() => ({ infoRest: [accuracy, derBoolean(true), derInteger(2n ** 100n), name, extension] }));
  });

  it('may have attributes that nobody knows, signed and unsigned', async () => {
    const unknown = attribute('1.2.3.4', derInteger(1), derInteger(2));
    await check((good) => ({
      attributes: [...good.attributes, unknown],
      signerRest: [derRetag(1, derSetOf(unknown))],
    }));
  });

  it('may name its signer by the identifier of the key', async () => {
    const id =
      stamper.template.extensions.find(({ oid }) => oid === '2.5.29.14')?.value.subarray(2) ?? new Uint8Array();
    await check(() => ({ sid: derImplicit(0, id), signerVersion: 3 }));
    await expect(check(() => ({ sid: derImplicit(0, id) }))).rejects.toMatchObject(invalid);
    await expect(check(() => ({ sid: derImplicit(0, utf8('x')), signerVersion: 3 }))).rejects.toMatchObject(untrusted);
  });

  it('may be bound to its certificate by SHA-1, by another hash, with its issuer, and twice', async () => {
    const first = attribute(attributeTypes.certificate, await signingCertificate(stamper.certificate));
    await check((good) => ({ attributes: [...without(good, 2), first] }));
    await check((good) => ({ attributes: [...good.attributes, first] }));
    const { issuer, serial } = stamper.template;
    const issuerSerial = derSequence(derSequence(derExplicit(4, issuer)), derElement(0x02, serial));
    const second = await signingCertificateV2(stamper.certificate, 'sha512', issuerSerial);
    await check((good) => ({ attributes: [...without(good, 2), attribute(attributeTypes.certificateV2, second)] }));
  });
});

describe('timestamp is refused', () => {
  it('where it is over other bytes', async () => {
    const response = await stamp(stamper, utf8('another signature'));
    await expect(verifyTimestamp(response, signature, [stamper.trusted])).rejects.toMatchObject(invalid);
  });

  it('where its imprint is made with SHA-1', async () => {
    const imprint = new Uint8Array(await crypto.subtle.digest('SHA-1', signature));
    const change = { imprintHash: algorithm(hashOids.sha1), imprint };
    await expect(check(() => change)).rejects.toMatchObject({ code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });

  it.each([2, 3, 4, 5, -1])('where its authority answered with status %d', async (status) => {
    await expect(check(() => ({ status }))).rejects.toMatchObject(invalid);
  });

  it('where the answer has no token, or something after it', async () => {
    const good = await stamp(stamper, signature);
    for (const response of [
      derSequence(derSequence(derInteger(0))),
      Uint8Array.of(...good, 0),
      good.subarray(1),
      new Uint8Array(),
    ]) {
      await expect(verifyTimestamp(response, signature, [stamper.trusted])).rejects.toMatchObject(invalid);
    }
  });

  const changes: Readonly<Record<string, Change>> = {
    'its version is not 1': () => ({ infoVersion: 2 }),
    'it is no signed data': () => ({ responseType: '1.2.840.113549.1.7.1' }),
    'its content is no timestamp': () => ({ contentType: '1.2.840.113549.1.7.1' }),
    'it is signed as something else': (good) => ({
      attributes: [...without(good, 0), attribute(attributeTypes.contentType, derOid('1.2.840.113549.1.7.1'))],
    }),
    'it is not said as what it is signed': (good) => ({ attributes: without(good, 0) }),
    'it is signed as two things': (good) => ({
      attributes: [
        ...without(good, 0),
        attribute(attributeTypes.contentType, derOid('1.2.840.113549.1.9.16.1.4'), derOid('1.2.3')),
      ],
    }),
    'an attribute is there twice': (good) => ({
      attributes: [...good.attributes, attribute(attributeTypes.contentType, derOid('1.2.3'))],
    }),
    'other content was signed': () => ({ content: utf8('other content') }),
    'its signature is over something else': (good) => ({ sign: () => good.sign(utf8('something else')) }),
    'somebody else signed it': async () => {
      const stranger = await createTestKey();
      return { sign: (bytes) => stranger.sign(bytes) };
    },
    'it is bound to no certificate': (good) => ({ attributes: without(good, 2) }),
    'it is bound to another certificate': async (good) => ({
      attributes: [
        ...without(good, 2),
        attribute(attributeTypes.certificateV2, await signingCertificateV2(other.certificate)),
      ],
    }),
    'it is bound to another certificate by SHA-1, and to its own besides': async (good) => ({
      attributes: [
        ...good.attributes,
        attribute(attributeTypes.certificate, await signingCertificate(other.certificate)),
      ],
    }),
    'it is bound to a certificate of another issuer': async (good) => {
      const name = derSequence(derExplicit(4, stamper.template.subject));
      const issuerSerial = derSequence(name, derElement(0x02, stamper.template.serial));
      const value = await signingCertificateV2(stamper.certificate, 'sha256', issuerSerial);
      return { attributes: [...without(good, 2), attribute(attributeTypes.certificateV2, value)] };
    },
    'it is bound to a certificate of another serial number': async (good) => {
      const name = derSequence(derExplicit(4, stamper.template.issuer));
      const value = await signingCertificateV2(stamper.certificate, 'sha256', derSequence(name, derInteger(7)));
      return { attributes: [...without(good, 2), attribute(attributeTypes.certificateV2, value)] };
    },
    'it has no signer': () => ({ signers: () => [] }),
    'it has two signers': () => ({ signers: (signer) => [signer, signer] }),
    'its signer is of another version': () => ({ signerVersion: 3 }),
    'it has an extension that must be understood': () => ({
      infoRest: [derRetag(1, derSequence(derSequence(derOid('1.2.3'), derBoolean(true), derOctetString(utf8('?')))))],
    }),
    'it has something unknown after its time': () => ({ infoRest: [derOctetString(utf8('?'))] }),
    'its time is not in UTC': () => ({ genTime: derElement(0x18, utf8('20231114221320+0100')) }),
    'its time has no seconds': () => ({ genTime: derElement(0x18, utf8('202311142213Z')) }),
    'its time has zeros at its end': () => ({ genTime: derElement(0x18, utf8('20231114221320.10Z')) }),
    'its algorithm is not that of the key': () => ({ identifier: algorithm('1.2.840.113549.1.1.11') }),
    'its algorithm has another hash than beside it': () => ({
      identifier: derSequence(derOid('1.2.840.10045.4.3.3')),
    }),
    'it holds more than ten certificates': () => ({
      certificates: Array.from({ length: 11 }, () => other.certificate),
    }),
  };
  it.each(Object.entries(changes))('where %s', async (_, change) => {
    await expect(check(change)).rejects.toMatchObject(invalid);
  });

  it('where nobody knows its authority, with its certificate and without', async () => {
    await expect(check(undefined, [])).rejects.toMatchObject(untrusted);
    await expect(check(undefined, [other.trusted])).rejects.toMatchObject(untrusted);
    await expect(check(() => ({ certificates: [] }), [other.trusted])).rejects.toMatchObject(untrusted);
    const unreadable = { ...stamper.trusted, certificates: [utf8('no certificate')] };
    await expect(check(undefined, [unreadable])).rejects.toMatchObject(untrusted);
    await expect(check(undefined, [{ ...stamper.trusted, certificates: [] }])).rejects.toMatchObject(untrusted);
  });

  it('where its authority was trusted before or after, but not then', async () => {
    const at = (start: number | undefined, end?: number): CertificateAuthority => ({
      ...stamper.trusted,
      validFor: { start, end },
    });
    await expect(check(undefined, [at(stampTime + 1)])).rejects.toMatchObject(invalid);
    await expect(check(undefined, [at(0, stampTime - 1)])).rejects.toMatchObject(invalid);
    await expect(check(undefined, [at(undefined)])).rejects.toMatchObject(invalid);
    await check(undefined, [at(0, stampTime - 1), at(stampTime)]);
  });

  it('where another certificate of the same authority signed it than the one that is listed', async () => {
    const certificate = await stamper.issue({ ...stamper.template, serial: Uint8Array.of(7) });
    const change = async (good: TokenTemplate): Promise<Partial<TokenTemplate>> => ({
      certificates: [certificate],
      sid: derSequence(stamper.template.issuer, derInteger(7)),
      attributes: [
        ...without(good, 2),
        attribute(attributeTypes.certificateV2, await signingCertificateV2(certificate)),
      ],
    });
    await expect(check(change)).rejects.toMatchObject(untrusted);
    await check(change, [{ ...stamper.trusted, certificates: stamper.above }]);
  });

  it.each([
    ['had not begun', { notBefore: stampTime + 1000 }],
    ['had ended', { notAfter: stampTime - 1000 }],
  ] as const)('where its certificate %s', async (_, validity) => {
    const certificate = await stamper.issue({ ...stamper.template, ...validity });
    await expect(check(...listing(certificate))).rejects.toMatchObject(invalid);
  });

  it.each([
    ['is for something else', { oid: '2.5.29.37', value: derSequence(derOid(oids.codeSigning)), critical: true }],
    ['may do so, but not critically', { oid: '2.5.29.37', value: derSequence(derOid(oids.timeStamping)) }],
    ['is for no signatures', keyUsage(5)],
  ])('where its certificate %s', async (_, extension) => {
    const template = withExtension(stamper.template, extension.oid, () => extension);
    await expect(check(...listing(await stamper.issue(template)))).rejects.toMatchObject(invalid);
  });

  it('where its certificate has a key that cannot be verified with', async () => {
    const key = derSequence(derSequence(derOid('1.2.3')), derElement(0x03, Uint8Array.of(0, 1)));
    const certificate = await stamper.issue({ ...stamper.template, publicKey: key });
    await expect(check(...listing(certificate))).rejects.toMatchObject({ code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });

  /** A token that is bound to this certificate, and an authority that lists it. */
  function listing(certificate: Uint8Array<ArrayBuffer>): [Change, CertificateAuthority[]] {
    const change: Change = async (good) => ({
      certificates: [certificate],
      attributes: [
        ...without(good, 2),
        attribute(attributeTypes.certificateV2, await signingCertificateV2(certificate)),
      ],
    });
    return [change, [{ ...stamper.trusted, certificates: [certificate, ...stamper.above] }]];
  }
});
