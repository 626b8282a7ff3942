import { describe, expect, it } from 'vitest';
import {
  exportPublicKeyPem,
  generateSigningKey,
  keySigner,
  type Signer,
  type SigningKey,
  type Witness,
} from '../../../../src/adapters/signer/key.ts';
import { parseBundle } from '../../../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../../../src/attest/parse-trust-root.ts';
import { fromHex, toBase64 } from '../../../../src/bytes/encoding.ts';
import { bytesSource, streamOf, streamSource } from '../../../../src/bytes/source.ts';
import { digestOf, hexOf } from '../../../../src/digest/digest.ts';
import { createTestSigstore } from '../../../../src/testing/sigstore/test-sigstore.ts';
import { verify } from '../../../../src/verify/verify.ts';
import { algorithms, artifact, envelope, message } from './some-keys.ts';

const anything = [{ unsafeAnyPredicate: true }] as const;

/** A key as a service has it: it takes digests, as well as messages or alone, and signs by itself. */
async function serviceKey(takes: 'digest' | 'both'): Promise<{ key: SigningKey; asked: string[] }> {
  const inner = await generateSigningKey();
  const asked: string[] = [];
  const { p256 } = await import('@noble/curves/nist.js');
  const { d = '' } = await crypto.subtle.exportKey('jwk', inner.pair.privateKey);
  const secret = Uint8Array.from(atob(d.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  const key: SigningKey = {
    details: inner.details,
    takes,
    publicKey: () => inner.publicKey(),
    async sign(content) {
      asked.push(Object.keys(content).join());
      if (!('digest' in content)) throw new Error('expected a digest');
      const digest = fromHex(hexOf(content.digest)) ?? new Uint8Array();
      return new Uint8Array(p256.sign(digest, secret, { prehash: false, lowS: false, format: 'der' }));
    },
  };
  return { key, asked };
}

describe('a key signer', () => {
  it.each(algorithms)(
    'signs messages and envelopes with %s, and only that key verifies them',
    async (algorithm) => {
      const key = await generateSigningKey({ algorithm, extractable: false });
      const signer = keySigner({ key });
      const pem = await exportPublicKeyPem(key);
      const other = await exportPublicKeyPem(await generateSigningKey());
      const publicKey = await key.publicKey();
      for (const content of [message, envelope()]) {
        const bundle = await signer.sign(content);
        const hint = toBase64(fromHex(hexOf(digestOf(publicKey))) ?? new Uint8Array());
        expect(bundle).toMatchObject({
          version: '0.3',
          material: { kind: 'key', hint },
          logEntries: [],
          timestamps: [],
        });
        const policy = (one: string): Parameters<typeof verify>[2]['policy'] => ({
          version: 1,
          signers: { anyOf: [{ key: one, details: algorithm }] },
          predicates: anything,
        });
        expect(await verify(artifact, bundle, { policy: policy(pem) })).toMatchObject({ verdict: 'passed' });
        if (algorithm === 'PKIX_ECDSA_P256_SHA_256')
          await expect(verify(artifact, bundle, { policy: policy(other) })).rejects.toMatchObject({
            code: 'ERR_SIGNATURE_INVALID',
          });
      }
    },
    60_000,
  );

  it.each(['digest', 'both'] as const)('asks a key that takes %s for no more than a digest', async (takes) => {
    const { key, asked } = await serviceKey(takes);
    const signer = keySigner({ key });
    let opened = 0;
    const source = streamSource(() => {
      opened++;
      return streamOf(artifact);
    });
    const bundle = await signer.sign({ kind: 'message', message: source });
    expect(bundle.content).toMatchObject({ kind: 'message', digest: digestOf(artifact) });
    await signer.sign(envelope());
    expect({ asked, opened }).toEqual({ asked: ['digest', 'digest'], opened: 1 });
    expect(signer.key).toBe(key);
  });

  it('reads a source for a key that takes messages, up to 16 MiB of it', async () => {
    const signer = keySigner({ key: await generateSigningKey() });
    expect((await signer.sign({ kind: 'message', message: bytesSource(artifact) })).content.kind).toBe('message');
    const large = new Uint8Array(16 * 1024 * 1024 + 1);
    const refusal = { code: 'ERR_INVALID_ARGUMENT', name: 'UsageError' };
    await expect(signer.sign({ kind: 'message', message: bytesSource(large) })).rejects.toMatchObject(refusal);
    const unsized = streamSource(() => streamOf(large));
    await expect(signer.sign({ kind: 'message', message: unsized })).rejects.toMatchObject(refusal);
    // Whoever holds the bytes already loses nothing.
    expect((await signer.sign({ kind: 'message', message: large })).content.kind).toBe('message');
  });

  it('signs what it was given, whatever becomes of that meanwhile', async () => {
    const bytes = Uint8Array.from(artifact);
    const inner = await generateSigningKey();
    const key: SigningKey = {
      ...inner,
      async sign(content, options) {
        bytes.fill(0);
        return inner.sign(content, options);
      },
    };
    const bundle = await keySigner({ key }).sign({ kind: 'message', message: bytes });
    expect(bundle.content).toMatchObject({ digest: digestOf(artifact) });
  });
});

describe('a key signer refuses before the key is asked', () => {
  const asked: string[] = [];
  const signer = (async (): Promise<Signer> => {
    const inner = await generateSigningKey();
    const sign: SigningKey['sign'] = (content) => {
      asked.push('sign');
      return inner.sign(content);
    };
    return keySigner({ key: { ...inner, sign } });
  })();

  it.each([
    ['a payload that is no statement', { ...envelope(), payload: Uint8Array.of(1) }, 'ERR_STATEMENT_INVALID'],
    ['another type of payload', envelope({}, 'text/plain'), 'ERR_INVALID_ARGUMENT'],
    [
      'a statement without a strong digest',
      envelope({ subject: [{ digest: { sha1: 'aa' } }] }),
      'ERR_INVALID_ARGUMENT',
    ],
    ['a payload that is no bytes', { ...envelope(), payload: 'text' as never }, 'ERR_INVALID_ARGUMENT'],
    ['a message that is no bytes', { kind: 'message', message: 'text' as never }, 'ERR_INVALID_ARGUMENT'],
    ['a kind that is none', { ...message, kind: 'blob' as never }, 'ERR_INVALID_ARGUMENT'],
    ['nothing', undefined as never, 'ERR_INVALID_ARGUMENT'],
  ] as const)('%s', async (_, content, code) => {
    await expect((await signer).sign(content)).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  it('options and keys that cannot be used', async () => {
    const key = await generateSigningKey();
    const refused = (options: object): void => {
      expect(() => keySigner(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
      );
    };
    refused({});
    refused({ key: {} });
    refused({ key, rekor: 'https://rekor.example' });
    refused({ key: { ...key, takes: 'everything' } });
    refused({ key: { ...key, takes: 'digest', details: 'PKIX_ED25519' } });
    refused({ key, witness: async () => ({ logEntries: [], timestamps: [] }) });
  });

  it('a key that is not of its algorithm, or of one that is not known', async () => {
    const key = await generateSigningKey();
    for (const details of ['PKIX_ECDSA_P384_SHA_384', 'ML-DSA', 'toString']) {
      await expect(keySigner({ key: { ...key, details } }).sign(message)).rejects.toMatchObject({ code: 'ERR_KEY' });
    }
  });
});

describe('a key that fails', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('token=hush'))],
    ['gives no bytes', async () => 'text' as never],
  ])('is an error of the signing, without what it said, where it %s', async (_, fail) => {
    const key = await generateSigningKey();
    for (const broken of [
      { ...key, sign: fail },
      { ...key, publicKey: fail },
    ]) {
      const error: unknown = await keySigner({ key: broken })
        .sign(message)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_KEY' });
      expect((error as Error).message).not.toContain('hush');
    }
  });

  it('gives no bundle where its signature is wrong', async () => {
    const [key, other] = [await generateSigningKey(), await generateSigningKey()];
    const wrong: SigningKey = { ...key, sign: (content) => other.sign(content) };
    for (const content of [message, envelope()]) {
      await expect(keySigner({ key: wrong }).sign(content)).rejects.toMatchObject({
        name: 'SigningError',
        code: 'ERR_SIGNATURE_REJECTED',
        cause: { code: 'ERR_SIGNATURE_INVALID' },
      });
    }
  });

  it('is let be where the signal says so', async () => {
    const key = await generateSigningKey();
    const reason = new DOMException('enough', 'AbortError');
    await expect(keySigner({ key }).sign(message, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const slow: SigningKey = {
      ...key,
      async sign() {
        controller.abort(reason);
        throw new Error('cancelled');
      },
    };
    await expect(keySigner({ key: slow }).sign(message, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('says so by itself where it is one of ours', async () => {
    const key = await generateSigningKey();
    const digests: SigningKey = { ...key, takes: 'digest' };
    await expect(keySigner({ key: digests }).sign(message)).rejects.toMatchObject({ name: 'UsageError' });
  });
});

type Facts = Awaited<ReturnType<Witness>>;

/** A key of a Sigstore in memory whose log and timestamp authority are asked beforehand, for the same signature. */
async function witnessedSigner(edit: (facts: Facts) => Facts = (facts) => facts) {
  const sigstore = await createTestSigstore();
  const { signer } = sigstore.keys;
  const made = parseBundle(await sigstore.sign({ signer: 'key', artifact, logs: ['v2'], timestamps: 1 }));
  const signature = made.content.kind === 'message' ? made.content.signature : new Uint8Array();
  const key: SigningKey = {
    details: signer.algorithm,
    takes: 'message',
    publicKey: async () => signer.publicKey,
    sign: async () => signature,
  };
  const requests: unknown[] = [];
  const witness: Witness = async (request) => {
    requests.push(request);
    return edit(made);
  };
  return { requests, made, key, witness, trust: parseTrustRoot(sigstore.trustRoot) };
}

describe('a witness', () => {
  it('adds entries and timestamps, which are verified', async () => {
    const { requests, made, ...options } = await witnessedSigner();
    const { key, witness, trust } = options;
    expect([made.logEntries.length, made.timestamps.length]).toEqual([1, 1]);
    const bundle = await keySigner({ key, witness, trust }).sign(message);
    expect(bundle).toMatchObject({ logEntries: made.logEntries, timestamps: made.timestamps });
    expect(requests).toMatchObject([{ digest: digestOf(artifact), verifier: { kind: 'key', details: key.details } }]);
  });

  it.each<[string, (facts: Facts) => Facts]>([
    [
      'an entry of another signature',
      ({ timestamps, logEntries }) => ({
        timestamps,
        logEntries: logEntries.map((entry) => ({ ...entry, body: Uint8Array.of(...entry.body, 32) })),
      }),
    ],
    ['a timestamp that is none', ({ logEntries }) => ({ logEntries, timestamps: [Uint8Array.of(0x30, 0)] })],
  ])('whose evidence is %s ends the signing', async (_, edit) => {
    const { key, witness, trust } = await witnessedSigner(edit);
    await expect(keySigner({ key, witness, trust }).sign(message)).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
    });
  });

  it('whom nobody trusts ends the signing', async () => {
    const { key, witness } = await witnessedSigner();
    const trust = parseTrustRoot((await createTestSigstore()).trustRoot);
    await expect(keySigner({ key, witness, trust }).sign(message)).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
    });
  });

  it('is told of no signature that is wrong', async () => {
    const { key, witness, trust, requests } = await witnessedSigner();
    const other = { kind: 'message', message: Uint8Array.of(1) } as const;
    await expect(keySigner({ key, witness, trust }).sign(other)).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_REJECTED',
    });
    expect(requests).toEqual([]);
  });
});
