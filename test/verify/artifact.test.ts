import { describe, expect, it } from 'vitest';
import { fromHex, toBase64 } from '../../src/bytes/encoding.ts';
import { bytesSource, streamOf } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/digest.ts';
import { createTestSigstore } from '../../src/testing/sigstore/test-sigstore.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { readArtifact, type ArtifactInput } from '../../src/verify/artifact.ts';
import { evaluate } from '../../src/verify/evaluate.ts';
import { policyOf, reportOn, signed, stating, subject, testArtifact, verdictOn } from './some-evidence.ts';

const ways: readonly (readonly [what: string, input: () => ArtifactInput])[] = [
  ['bytes', () => testArtifact],
  ['a Blob', () => new Blob([testArtifact])],
  ['a stream', () => streamOf(testArtifact)],
  ['a source', () => bytesSource(testArtifact)],
  ['a digest', () => digestOf(testArtifact)],
  ['several digests', () => [digestOf(testArtifact, 'sha512'), digestOf(testArtifact)]],
];

describe.each(ways)('an artifact that is given as %s', (_what, input) => {
  it('is verified by a message', async () => {
    expect(await verdictOn(await signed('message'), {}, { artifact: input() })).toBe('passed');
  });

  it('is verified by a statement', async () => {
    const bundle = await signed({ statement: stating('https://sigstore.dev/cosign/sign/v1') });
    expect(await verdictOn(bundle, {}, { artifact: input() })).toBe('passed');
  });

  it('is not another', async () => {
    const bundle = await signed({ artifact: new Uint8Array(3) });
    expect(await verdictOn(bundle, {}, { artifact: input() })).toBe('ERR_SUBJECT_MISMATCH');
  });
});

describe('what is hashed', () => {
  it('is what the bundles need: SHA-512 of a package, and nothing else', async () => {
    const sha512 = digestOf(testArtifact, 'sha512');
    const statement = stating('https://sigstore.dev/cosign/sign/v1', {
      subject: [{ digest: { sha512: sha512.slice(7) } }],
    });
    expect((await reportOn(await signed({ statement }))).artifact).toEqual([sha512]);
  });

  it('is every digest that a subject has', async () => {
    const sha512 = digestOf(testArtifact, 'sha512').slice(7);
    const statement = stating('https://sigstore.dev/cosign/sign/v1', {
      subject: [{ digest: { ...subject.digest, sha512 } }],
    });
    expect((await reportOn(await signed({ statement }))).artifact.length).toBe(2);
  });

  it('is SHA-256 where nobody needs anything, so that the report names the artifact', async () => {
    expect((await reportOn([])).artifact).toEqual([digestOf(testArtifact)]);
  });

  it('is what the bytes were when they were given', async () => {
    const bytes = new Uint8Array(testArtifact);
    const report = reportOn(await signed('message'), {}, { artifact: bytes });
    bytes.fill(0);
    expect((await report).verdict).toBe('passed');
  });
});

describe('a digest', () => {
  it('does not do where another is signed', async () => {
    const report = await reportOn(await signed('message'), {}, { artifact: digestOf(testArtifact, 'sha512') });
    expect(report).toMatchObject({ verdict: 'failed', code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });

  it('that nothing in a statement is of is no match', async () => {
    const bundle = await signed({ statement: stating('https://sigstore.dev/cosign/sign/v1') });
    expect(await verdictOn(bundle, {}, { artifact: digestOf(testArtifact, 'sha512') })).toBe('ERR_SUBJECT_MISMATCH');
  });

  it.each([
    ['no digest', []],
    ['a weak one', [`sha1:${'ab'.repeat(20)}`]],
    ['one in capitals', `sha256:${'AB'.repeat(32)}`],
    ['two by one algorithm', [digestOf(testArtifact), digestOf(new Uint8Array(3))]],
    ['a number', 1],
    ['nothing', null],
    ['an object', {}],
  ])('is refused: %s', async (_what, input) => {
    await expect(reportOn(await signed('message'), {}, { artifact: input as never })).rejects.toMatchObject({
      name: 'UsageError',
      argument: 'artifact',
    });
  });
});

describe('a message that is signed with Ed25519', async () => {
  const sigstore = await createTestSigstore({ algorithms: { signer: 'PKIX_ED25519' } });
  const bundle = parseBundle(await sigstore.sign({ artifact: testArtifact, logs: [], timestamps: 1 }));
  const options = { trust: parseTrustRoot(sigstore.trustRoot), policy: policyOf({ demand: { unsafeNoLog: true } }) };

  it.each(ways.slice(0, 4))('is verified by %s', async (_what, input) => {
    expect(await evaluate(input(), bundle, options)).toMatchObject({ verdict: 'passed' });
  });

  it('is not verified by a digest, which says nothing of the signature', async () => {
    const report = await evaluate(digestOf(testArtifact, 'sha512'), bundle, options);
    expect(report).toMatchObject({ verdict: 'failed', code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });
});

describe('a stream', () => {
  const wanted = { algorithms: new Set(['sha256'] as const), bytes: true };
  const ofMebibytes = (count: number): ReadableStream<Uint8Array> => {
    let left = count;
    return new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(new Uint8Array(1024 * 1024));
        else controller.close();
      },
    });
  };

  it('is kept up to 16 MiB where a signature is over its bytes', async () => {
    expect((await readArtifact(ofMebibytes(16), wanted, undefined)).bytes?.length).toBe(16 * 1024 * 1024);
    expect((await readArtifact(ofMebibytes(17), wanted, undefined)).bytes).toBeUndefined();
  });

  it('is not kept where nobody needs its bytes', async () => {
    expect((await readArtifact(ofMebibytes(1), { ...wanted, bytes: false }, undefined)).bytes).toBeUndefined();
  });

  it('ends with its signal', async () => {
    const endless = new ReadableStream<Uint8Array>();
    const signal = AbortSignal.timeout(10);
    await expect(reportOn([], {}, { artifact: endless, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('fails as it fails', async () => {
    const failing = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('disk')) });
    await expect(reportOn([], {}, { artifact: failing })).rejects.toThrow('disk');
  });
});

describe('a message that is signed with Ed25519ph', async () => {
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  const secret = new Uint8Array(32).fill(7);
  const spki = Uint8Array.from([...(fromHex('302a300506032b6570032100') ?? []), ...ed25519ph.getPublicKey(secret)]);
  const plain = await signed('message of a key without log');
  const bundle = {
    ...plain,
    content: {
      kind: 'message' as const,
      digest: undefined,
      signature: new Uint8Array(ed25519ph.sign(testArtifact, secret)),
    },
  };
  const key = `-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----\n`;
  const verdict = (input: ArtifactInput, details?: string): Promise<string> =>
    verdictOn(bundle, { signers: { anyOf: [{ key, details }] } }, { artifact: input });

  it.each(ways.filter(([what]) => what !== 'a digest'))('is verified by %s', async (_what, input) => {
    expect(await verdict(input())).toBe('passed');
    expect(await verdict(input(), 'PKIX_ED25519_PH')).toBe('passed');
  });

  it('is no signature with Ed25519', async () => {
    expect(await verdict(testArtifact, 'PKIX_ED25519')).toBe('ERR_SIGNATURE_INVALID');
    expect(await verdict(digestOf(testArtifact, 'sha512'), 'PKIX_ED25519')).toBe('ERR_ALGORITHM_UNSUPPORTED');
  });

  it('is not of another artifact', async () => {
    expect(await verdict(new Uint8Array(3))).toBe('ERR_SIGNATURE_INVALID');
    expect(await verdict(digestOf(new Uint8Array(3), 'sha512'), 'PKIX_ED25519_PH')).toBe('ERR_SIGNATURE_INVALID');
  });
});
