import { beforeAll, describe, expect, it } from 'vitest';
import { toBase64, toHex, utf8 } from '../../../src/bytes/encoding.ts';
import { hashOf } from '../../../src/testing/sigstore/hash-of.ts';
import type { LogEntryKind } from '../../../src/testing/sigstore/log-body.ts';
import { pemOf } from '../../../src/testing/sigstore/pem-of.ts';
import { createTestKey, type TestKey } from '../../../src/testing/sigstore/test-key.ts';
import { bindEntry } from '../../../src/verify/log/bind-entry.ts';
import { parseEntryBody } from '../../../src/verify/log/entry-body.ts';
import type { SignedContent } from '../../../src/verify/signed-content.ts';
import { enter, makeLog, signSomething, type EntryOptions, type TestLog } from './test-log.ts';

const refused = { code: 'ERR_LOG_ENTRY_INVALID' };
const kinds = [
  ...[
    ['message', 'hashedrekord', '0.0.1'],
    ['message', 'hashedrekord', '0.0.2'],
  ],
  ...[
    ['dsse', 'hashedrekord', '0.0.1'],
    ['dsse', 'hashedrekord', '0.0.2'],
  ],
  ...[
    ['dsse', 'dsse', '0.0.1'],
    ['dsse', 'intoto', '0.0.2'],
  ],
] as unknown as readonly ['message' | 'dsse', LogEntryKind, '0.0.1' | '0.0.2'][];

let log: TestLog;
let signer: TestKey;
let stranger: TestKey;
beforeAll(async () => {
  [log, signer, stranger] = [await makeLog(), await createTestKey(), await createTestKey()];
});

/** Binds what somebody signed to the entry about something signed. */
async function bind(signed: SignedContent, about: SignedContent, options: EntryOptions, key = signer): Promise<void> {
  await bindEntry(parseEntryBody(await enter(log, about, key, options)), signed);
}

/** Sets a value deep in an object. */
function set(body: unknown, path: string, value: unknown): unknown {
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Record<string, unknown>>(
    (found, name) => found[name] as Record<string, unknown>,
    body as Record<string, unknown>,
  );
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else parent[last] = value;
  return body;
}

describe.each(kinds)('a signed %s in %s %s', (content, kind, version) => {
  const options = { kind, version };

  it.each(['key', 'certificate'] as const)('is bound by signature, %s and content', async (material) => {
    const signed = await signSomething(content, signer, material);
    await bind(signed, signed, options);
  });

  it('is refused where the entry is for another signature', async () => {
    const [signed, about] = [await signSomething(content, signer), await signSomething(content, signer)];
    await expect(bind(signed, about, options)).rejects.toMatchObject(refused);
  });

  it('is refused where the entry is for another key or certificate with the same signature', async () => {
    const signed = await signSomething(content, signer);
    const others: SignedContent['key'][] = [
      { kind: 'key', spki: stranger.publicKey },
      { kind: 'certificate', der: utf8('another certificate') },
      { kind: 'certificate', der: signer.publicKey },
    ];
    for (const key of others) {
      await expect(bind({ ...signed, key }, signed, options)).rejects.toMatchObject(refused);
      await expect(bind(signed, { ...signed, key }, options)).rejects.toMatchObject(refused);
    }
  });

  it('is refused where the entry is for other content', async () => {
    const signed = await signSomething(content, signer);
    const other = utf8('something else');
    const about: SignedContent['content'] =
      signed.content.kind === 'message'
        ? { kind: 'message', digest: (algorithm) => hashOf(other, algorithm) }
        : { kind: 'dsse', envelope: { ...signed.content.envelope, payload: other } };
    await expect(bind(signed, { ...signed, content: about }, options)).rejects.toMatchObject(refused);
  });

  it('is refused where the entry is of another kind or version than it says', async () => {
    const signed = await signSomething(content, signer);
    const entry = await enter(log, signed, signer, options);
    for (const change of [{ kind: 'rekord' }, { version: '0.0.3' }, { kind: '__proto__' }, { kind: 'constructor' }]) {
      expect(() => parseEntryBody({ ...entry, ...change })).toThrow(expect.objectContaining(refused));
    }
    const changed = { kind, version: version === '0.0.1' ? '0.0.2' : '0.0.1' };
    expect(() => parseEntryBody({ ...entry, ...changed })).toThrow(expect.objectContaining(refused));
  });

  it('is refused where its body is no JSON, or has a key twice', async () => {
    const signed = await signSomething(content, signer);
    const { body, ...entry } = await enter(log, signed, signer, options);
    const text = new TextDecoder().decode(body);
    for (const changed of [text.slice(1), text.replace('{', `{"kind":"${kind}",`), '[]', '"text"', 'null']) {
      expect(() => parseEntryBody({ ...entry, body: utf8(changed) })).toThrow(expect.objectContaining(refused));
    }
  });
});

describe('an entry', () => {
  it.each(['PKIX_ECDSA_P384_SHA_384', 'PKIX_ED25519'] as const)(
    'of a message has the digest that goes with a key of %s, and no other',
    async (algorithm) => {
      const key = await createTestKey(algorithm);
      const signed = await signSomething('message', key);
      for (const version of ['0.0.1', '0.0.2'] as const) {
        const options = { kind: 'hashedrekord', version } as const;
        await bind(signed, signed, options, key);
        await expect(bind(signed, { ...signed, hash: 'sha256' }, options, key)).rejects.toMatchObject(refused);
      }
    },
  );

  it('of Rekor v2 is refused with key details of another hash, or of none', async () => {
    const signed = await signSomething('message', signer);
    for (const details of ['PKIX_ECDSA_P384_SHA_384', 'LMS_SHA256', '__proto__', 7, undefined]) {
      const path = 'spec.hashedRekordV002.signature.verifier.keyDetails';
      const editBody = (body: unknown): unknown => set(body, path, details);
      const options = { kind: 'hashedrekord', version: '0.0.2', editBody } as const;
      await expect(bind(signed, signed, options)).rejects.toMatchObject(refused);
    }
  });

  it('of Rekor v2 is refused with both a certificate and a key, and with neither', async () => {
    const signed = await signSomething('message', signer);
    const verifier = 'spec.hashedRekordV002.signature.verifier';
    const rawBytes = toBase64(utf8('certificate'));
    const edits = [
      (body: unknown) => set(body, `${verifier}.x509Certificate`, { rawBytes }),
      (body: unknown) => set(body, `${verifier}.publicKey`, undefined),
      (body: unknown) => set(body, verifier, 'text'),
      (body: unknown) => set(body, verifier, undefined),
    ];
    for (const editBody of edits) {
      const options = { kind: 'hashedrekord', version: '0.0.2', editBody } as const;
      await expect(bind(signed, signed, options)).rejects.toMatchObject(refused);
    }
  });

  it.each([
    ['data.hash.algorithm', 'sha1'],
    ['data.hash.algorithm', 'sha384'],
    ['data.hash.value', 'xy'],
    ['data.hash.value', ''],
    ['data.hash.value', 7],
    ['data', undefined],
    ['data', []],
    ['signature.content', '!'],
    ['signature.publicKey.content', toBase64(utf8('no PEM'))],
    ['signature.publicKey.content', toBase64(Uint8Array.of(0xff))],
    ['signature.publicKey.content', toBase64(utf8('-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n'))],
  ])('of hashedrekord 0.0.1 is refused with the %s %j', async (path, value) => {
    const signed = await signSomething('message', signer);
    const editBody = (body: unknown): unknown => set(body, `spec.${path}`, value);
    await expect(bind(signed, signed, { kind: 'hashedrekord', version: '0.0.1', editBody })).rejects.toMatchObject(
      refused,
    );
  });

  it('may have the chain of a certificate, whose first is the signer', async () => {
    const signed = await signSomething('message', signer, 'certificate');
    const [own, above] = [pemOf('CERTIFICATE', utf8('certificate')), pemOf('CERTIFICATE', utf8('issuer'))];
    const chain =
      (first: string, second: string) =>
      (body: unknown): unknown =>
        set(body, 'spec.signature.publicKey.content', toBase64(utf8(`${first}\n${second}\n`)));
    const options = { kind: 'hashedrekord', version: '0.0.1' } as const;
    await bind(signed, signed, { ...options, editBody: chain(own, above) });
    await expect(bind(signed, signed, { ...options, editBody: chain(above, own) })).rejects.toMatchObject(refused);
  });

  it.each([
    ['dsse', '0.0.1', 'signatures'],
    ['intoto', '0.0.2', 'content.envelope.signatures'],
  ] as const)('of %s %s has just the signatures of the envelope', async (kind, version, path) => {
    const signed = await signSomething('dsse', signer);
    const doubled = (body: unknown): unknown => {
      const [spec, names] = [(body as { spec: object }).spec, path.split('.')];
      const items = names.reduce<unknown>((found, name) => (found as Record<string, unknown>)[name], spec) as unknown[];
      return set(body, `spec.${path}`, [...items, ...items]);
    };
    await expect(bind(signed, signed, { kind, version, editBody: doubled })).rejects.toMatchObject(refused);
    for (const items of [[], {}, undefined, [7]]) {
      const editBody = (body: unknown): unknown => set(body, `spec.${path}`, items);
      await expect(bind(signed, signed, { kind, version, editBody })).rejects.toMatchObject(refused);
    }
  });

  it('of an envelope with two signatures is bound where both are in it', async () => {
    const signed = await signSomething('dsse', signer);
    const other = await signSomething('dsse', stranger);
    if (signed.content.kind !== 'dsse') throw new Error('expected an envelope');
    const { envelope } = signed.content;
    const item = (one: SignedContent, key: TestKey): object => ({
      signature: toBase64(one.signature),
      verifier: toBase64(utf8(pemOf('PUBLIC KEY', key.publicKey))),
    });
    const two: SignedContent = {
      ...signed,
      content: {
        kind: 'dsse',
        envelope: { ...envelope, signatures: [{ signature: other.signature, keyId: '' }, ...envelope.signatures] },
      },
    };
    const body =
      (items: readonly object[]) =>
      (value: unknown): unknown =>
        set(value, 'spec.signatures', items);
    const options = { kind: 'dsse', version: '0.0.1' } as const;
    const both = [item(signed, signer), item(other, stranger)];
    await bind(two, signed, { ...options, editBody: body(both) });
    await expect(bind(two, signed, options)).rejects.toMatchObject(refused);
    const [first = {}] = both;
    await expect(bind(two, signed, { ...options, editBody: body([first, first]) })).rejects.toMatchObject(refused);
  });

  it('of an envelope does not stand for a message', async () => {
    const [message, envelope] = [await signSomething('message', signer), await signSomething('dsse', signer)];
    const about = { ...envelope, signature: message.signature };
    await expect(bind(message, about, { kind: 'dsse', version: '0.0.1' })).rejects.toMatchObject(refused);
    await expect(bind(about, message, { kind: 'hashedrekord', version: '0.0.1' })).rejects.toMatchObject(refused);
  });

  it('of dsse 0.0.2, which Rekor v2 had at first, is bound too', async () => {
    const signed = await signSomething('dsse', signer, 'certificate');
    if (signed.content.kind !== 'dsse') throw new Error('expected an envelope');
    const digest = await hashOf(signed.content.envelope.payload);
    const verifier = { keyDetails: signer.algorithm, x509Certificate: { rawBytes: toBase64(utf8('certificate')) } };
    const editBody = (): unknown => ({
      ...{ apiVersion: '0.0.2', kind: 'dsse' },
      spec: {
        dsseV002: {
          payloadHash: { algorithm: 'SHA2_256', digest: toBase64(digest) },
          signatures: [{ content: toBase64(signed.signature), verifier }],
        },
      },
    });
    const options = { kind: 'dsse', version: '0.0.2', editBody } as const;
    await bind(signed, signed, options);
    await expect(bind({ ...signed, signature: utf8('other') }, signed, options)).rejects.toMatchObject(refused);
  });

  it('of intoto 0.0.1, which has no signature, is bound by the envelope as Go clients send it', async () => {
    const signed = await signSomething('dsse', signer);
    if (signed.content.kind !== 'dsse') throw new Error('expected an envelope');
    const { payload } = signed.content.envelope;
    const sent = `{"payloadType":"application/vnd.in-toto+json","payload":"${toBase64(payload)}","signatures":[{"keyid":"","sig":"${toBase64(signed.signature)}"}]}`;
    const value = toHex(await hashOf(utf8(sent)));
    const publicKey = toBase64(utf8(pemOf('PUBLIC KEY', signer.publicKey)));
    const editBody = (): unknown => ({
      ...{ apiVersion: '0.0.1', kind: 'intoto' },
      spec: { content: { hash: { algorithm: 'sha256', value } }, publicKey },
    });
    const options = { kind: 'intoto', version: '0.0.1', editBody } as const;
    await bind(signed, signed, options);
    const other = await signSomething('dsse', signer);
    await expect(bind(other, signed, options)).rejects.toMatchObject(refused);
    await expect(
      bind({ ...signed, key: { kind: 'key', spki: stranger.publicKey } }, signed, options),
    ).rejects.toMatchObject(refused);
  });
});
