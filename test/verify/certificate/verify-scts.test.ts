import { describe, expect, it } from 'vitest';
import type { TransparencyLog } from '../../../src/attest/trust-root.ts';
import { derNull, derOctetString } from '../../../src/bytes/der-writer.ts';
import { toHex, utf8 } from '../../../src/bytes/encoding.ts';
import { parseCertificate, type Certificate } from '../../../src/verify/certificate/certificate.ts';
import { verifyScts } from '../../../src/verify/certificate/verify-scts.ts';
import {
  at,
  end,
  extension,
  leafTemplate,
  oids,
  signed,
  someChain,
  someEdwardsKey,
  someKey,
  someRsaKey,
  start,
  tbsOf,
  withExtensions,
  withTrailing,
  type SomeKey,
} from './some-certificates.ts';

type Der = Uint8Array<ArrayBuffer>;
const { keys, names, middle, root } = await someChain();
const issuer = parseCertificate(middle);
const logKey = await someKey();
const rsaLogKey = await someRsaKey();
const largeKey = await someKey('P-384');
const mixedKey = await someKey('P-384', 'SHA-256');

async function sha256(bytes: Der): Promise<Der> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

async function logOf(
  key: SomeKey,
  changes: Partial<TransparencyLog> & { details?: string } = {},
): Promise<TransparencyLog> {
  const { details = 'PKIX_ECDSA_P256_SHA_256', ...rest } = changes;
  return {
    baseUrl: 'https://ct.example',
    operator: 'ct.example',
    logId: await sha256(key.spki),
    checkpointKeyId: undefined,
    publicKey: { bytes: key.spki, details, validFor: { start, end } },
    ...rest,
  };
}

const log = await logOf(logKey);
const rsaLog = await logOf(rsaLogKey, { details: 'PKIX_RSA_PKCS1V15_2048_SHA256', operator: 'rsa.example' });

/** A number in so many octets. */
function octets(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 2 ** (8 * (count - 1 - index))) % 256);
}

interface SctParts {
  readonly version?: number;
  readonly logId?: Der;
  readonly time?: number;
  readonly extensions?: Der;
  readonly algorithm?: readonly [number, number];
  readonly key?: SomeKey;
  /** What the signature is over, if not this. */
  readonly tbs?: Der;
  readonly issuerKey?: Der;
  readonly signedTime?: number;
  readonly entryType?: number;
}

const template = leafTemplate(names.middle, keys.leaf);
const precertificate = tbsOf(template, keys.middle);

/** A signed certificate timestamp over {@link precertificate} by the log. */
async function sctOf(parts: SctParts = {}): Promise<Der> {
  const { key = logKey, time = at, version = 0, extensions = new Uint8Array(), algorithm = [4, 3] } = parts;
  const { tbs = precertificate, issuerKey = keys.middle.spki } = parts;
  const tail = [...octets(extensions.length, 2), ...extensions];
  const signedBytes = Uint8Array.of(
    ...[0, 0, ...octets(parts.signedTime ?? time, 8), ...octets(parts.entryType ?? 1, 2)],
    ...[...(await sha256(issuerKey)), ...octets(tbs.length, 3), ...tbs, ...tail],
  );
  const signature = await key.sign(signedBytes);
  const logId = parts.logId ?? (await sha256(key.spki));
  const head = [version, ...logId, ...octets(time, 8), ...tail, ...algorithm];
  return Uint8Array.of(...head, ...octets(signature.length, 2), ...signature);
}

function listOf(...scts: readonly Der[]): Der {
  const items = scts.flatMap((sct) => [...octets(sct.length, 2), ...sct]);
  return Uint8Array.of(...octets(items.length, 2), ...items);
}

/** The leaf with this in the extension; the extension may be in any place. */
async function leafWith(value: Uint8Array, first = false): Promise<Certificate> {
  const scts = { [oids.scts]: extension(oids.scts, value) };
  const extensions = first ? { ...scts, ...template.extensions } : { ...template.extensions, ...scts };
  return parseCertificate(await signed({ ...template, extensions }, keys.middle));
}

async function leafOf(...scts: readonly Der[]): Promise<Certificate> {
  return leafWith(derOctetString(listOf(...scts)));
}

const fact = { operator: 'ct.example', logId: toHex(log.logId), time: at };
const wrong = { name: 'VerificationError', code: 'ERR_SCT_INVALID' };

describe('verifyScts', () => {
  it('gives the operator, the log and the time of one that holds', async () => {
    expect(await verifyScts(await leafOf(await sctOf()), issuer, [rsaLog, log])).toEqual({
      found: [fact],
      ignored: [],
    });
  });

  it('gives nothing for a leaf without any', async () => {
    const leaf = parseCertificate(await signed(template, keys.middle));
    expect(await verifyScts(leaf, issuer, [log])).toEqual({ found: [], ignored: [] });
  });

  it('takes the extension from any place', async () => {
    const leaf = await leafWith(derOctetString(listOf(await sctOf())), true);
    expect((await verifyScts(leaf, issuer, [log])).found).toEqual([fact]);
  });

  it('counts the extensions of the timestamp as signed', async () => {
    const leaf = await leafOf(await sctOf({ extensions: utf8('extension') }));
    expect((await verifyScts(leaf, issuer, [log])).found).toEqual([fact]);
  });

  it('takes a log with a key of RSA', async () => {
    const leaf = await leafOf(await sctOf({ key: rsaLogKey, algorithm: [4, 1] }));
    expect((await verifyScts(leaf, issuer, [log, rsaLog])).found).toMatchObject([{ operator: 'rsa.example' }]);
  });

  it.each([
    ['SHA-384', [5, 3] as const, largeKey],
    ['SHA-256', [4, 3] as const, mixedKey],
  ])('takes a log with a key of P-384 and %s', async (_hash, algorithm, key) => {
    const large = await logOf(key, { details: 'PKIX_ECDSA_P384_SHA_384' });
    expect((await verifyScts(await leafOf(await sctOf({ key, algorithm })), issuer, [large])).found).toHaveLength(1);
  });

  it('ignores logs that nobody trusts, and lists them', async () => {
    const leaf = await leafOf(await sctOf(), await sctOf({ key: rsaLogKey, algorithm: [4, 1] }));
    const ignored = [{ logId: toHex(rsaLog.logId), time: at }];
    expect(await verifyScts(leaf, issuer, [log])).toEqual({ found: [fact], ignored });
  });

  it('gives several of one operator once, and those of two operators both', async () => {
    const twin = { ...rsaLog, operator: log.operator };
    const leaf = await leafOf(await sctOf(), await sctOf(), await sctOf({ key: rsaLogKey, algorithm: [4, 1] }));
    expect((await verifyScts(leaf, issuer, [log, twin])).found).toEqual([fact]);
    expect((await verifyScts(leaf, issuer, [log, rsaLog])).found).toHaveLength(2);
  });

  it('takes the period of the key that holds the time, where a log is listed twice', async () => {
    const before = { ...log, publicKey: { ...log.publicKey, validFor: { start: 0, end: start } } };
    expect((await verifyScts(await leafOf(await sctOf()), issuer, [before, log])).found).toEqual([fact]);
  });

  it.each([start, end])('counts both ends of the validity of the key: %i', async (time) => {
    expect((await verifyScts(await leafOf(await sctOf({ time })), issuer, [log])).found).toEqual([{ ...fact, time }]);
  });

  it('does not read the key of a log that said nothing', async () => {
    const strange = await logOf(rsaLogKey, { details: 'PKCS1_RSA_PKCS1V5' });
    expect((await verifyScts(await leafOf(await sctOf()), issuer, [strange, log])).found).toEqual([fact]);
  });

  it('says so where the key of a log cannot be verified with', async () => {
    const strange = await logOf(rsaLogKey, { details: 'PKCS1_RSA_PKCS1V5' });
    const leaf = await leafOf(await sctOf({ key: rsaLogKey, algorithm: [4, 1] }));
    await expect(verifyScts(leaf, issuer, [strange])).rejects.toMatchObject({ code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });
});

const sct = await sctOf();
const list = listOf(sct);

describe('verifyScts refuses', () => {
  const otherTbs = tbsOf({ ...template, serial: derNull() }, keys.middle);

  it.each<[string, SctParts]>([
    ['one over another certificate', { tbs: otherTbs }],
    ['one over another issuer', { issuerKey: keys.root.spki }],
    ['one of which the time was changed', { signedTime: at + 1 }],
    ['one over a certificate that is no precertificate', { entryType: 0 }],
    ['one by another key under the name of the log', { key: rsaLogKey, logId: log.logId }],
    ['one before the key of the log was valid', { time: start - 1 }],
    ['one after the key of the log was valid', { time: end + 1 }],
    ['one of a time that no clock has', { time: 2 ** 63 }],
    ['one of version 2', { version: 1 }],
    ['one with another hash than the key', { algorithm: [5, 3] }],
    ['one with another algorithm than the key', { algorithm: [4, 1] }],
    ['one with an unknown hash', { algorithm: [2, 3] }],
    ['one with an unknown algorithm', { algorithm: [8, 7] }],
  ])('%s', async (_what, parts) => {
    await expect(verifyScts(await leafOf(await sctOf(parts)), issuer, [log])).rejects.toMatchObject(wrong);
  });

  it('one that is wrong beside one that holds', async () => {
    const leaf = await leafOf(await sctOf(), await sctOf({ tbs: otherTbs }));
    await expect(verifyScts(leaf, issuer, [log])).rejects.toMatchObject(wrong);
  });

  it('one with extensions that were changed', async () => {
    const changed = await sctOf({ extensions: utf8('a') });
    changed[43] = 0x62;
    await expect(verifyScts(await leafOf(changed), issuer, [log])).rejects.toMatchObject(wrong);
  });

  it('a log whose key has no start', async () => {
    const endless = { ...log, publicKey: { ...log.publicKey, validFor: { start: undefined, end } } };
    await expect(verifyScts(await leafOf(await sctOf()), issuer, [endless])).rejects.toMatchObject(wrong);
  });

  it('another issuer than signed the leaf', async () => {
    const leaf = await leafOf(await sctOf());
    await expect(verifyScts(leaf, parseCertificate(root), [log])).rejects.toMatchObject(wrong);
  });

  it('a log with a key of Ed25519, which no log has', async () => {
    const key = await someEdwardsKey();
    const odd = await logOf(key, { details: 'PKIX_ED25519' });
    await expect(verifyScts(await leafOf(await sctOf({ key })), issuer, [odd])).rejects.toMatchObject(wrong);
  });

  it('a certificate that had another extension when the log saw it', async () => {
    const tbs = tbsOf(withExtensions(template, { '1.2.3': extension('1.2.3', derNull()) }), keys.middle);
    await expect(verifyScts(await leafOf(await sctOf({ tbs })), issuer, [log])).rejects.toMatchObject(wrong);
  });

  it.each<[string, Uint8Array]>([
    ['an empty list', derOctetString(listOf())],
    ['an empty extension', new Uint8Array()],
    ['an empty octet string', derOctetString(new Uint8Array())],
    ['a list that is not in an octet string', list],
    ['a list in another type', derNull()],
    ['a list that is followed by a byte', derOctetString(withTrailing(list, 0))],
    ['an octet string that is followed by a byte', withTrailing(derOctetString(list), 0)],
    ['a list that ends too early', derOctetString(list.subarray(0, -1))],
    [
      'a list that is longer than it says',
      derOctetString(Uint8Array.of(...octets(sct.length + 1, 2), ...list.subarray(2))),
    ],
    ['a timestamp of nothing', derOctetString(listOf(new Uint8Array()))],
    ['a timestamp that is followed by a byte', derOctetString(listOf(withTrailing(sct, 0)))],
    ['a timestamp that ends too early', derOctetString(listOf(sct.subarray(0, -1)))],
    ['a timestamp beside one of nothing', derOctetString(listOf(sct, new Uint8Array()))],
    ['33 timestamps', derOctetString(listOf(...Array.from({ length: 33 }, () => sct)))],
  ])('%s', async (_what, value) => {
    await expect(verifyScts(await leafWith(value), issuer, [log])).rejects.toMatchObject(wrong);
  });
});
