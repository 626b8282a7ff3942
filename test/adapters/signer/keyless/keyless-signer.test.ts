import { describe, expect, it } from 'vitest';
import { keylessSigner } from '../../../../src/adapters/signer/keyless.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { parseBundle } from '../../../../src/attest/parse-bundle.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import { blobSource, bytesSource, streamSource, streamOf } from '../../../../src/bytes/source.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import { evaluate } from '../../../../src/verify/evaluate.ts';
import type { SignerRule } from '../../../../src/verify/policy.ts';
import { message, person, someSigstore, statement, type SomeSigstore } from './some-sigstore.ts';

const dev: SignerRule = { identity: 'dev@example.com', issuer: 'https://issuer.example' };

async function verdict(some: SomeSigstore, bundle: Parameters<typeof formatBundle>[0], signer = dev): Promise<string> {
  const { trust } = await some.options();
  const predicates = [{ unsafeAnyPredicate: true }] as const;
  const options = { trust, policy: { version: 1, signers: { anyOf: [signer] }, predicates } } as const;
  return (await evaluate(testArtifact, parseBundle(formatBundle(bundle)), options)).verdict;
}

describe('a keyless signer', () => {
  const cases = [
    ['Rekor v2 and a timestamp', { logs: ['v2'] }, ['log2025.one.example']],
    ['Rekor v1 alone', { logs: ['v1'], timestamps: 0 }, ['rekor.one.example']],
    ['Rekor v1 and a timestamp', { logs: ['v1'] }, ['rekor.one.example']],
    [
      'logs of two operators',
      { logs: ['v1', 'v2', 'v2'], timestamps: 2 },
      ['log2025.one.example', 'log2025.two.example'],
    ],
  ] as const;

  for (const content of [message, statement]) {
    it.each(cases)(`signs a ${content.kind} with %s`, async (_, config, hosts) => {
      const some = await someSigstore();
      const bundle = await keylessSigner(await some.options(config)).sign(content);
      expect(await verdict(some, bundle)).toBe('passed');
      expect(await verdict(some, bundle, { ...dev, identity: 'evil@example.com' })).toBe('failed');
      expect(some.hosts()).toEqual(expect.arrayContaining([...hosts]));
    });
  }

  it('asks for the certificate, then for timestamps, and publishes last', async () => {
    const some = await someSigstore();
    await keylessSigner(await some.options({ logs: ['v2', 'v2'] })).sign(message);
    expect(some.hosts()).toEqual([
      'fulcio.one.example',
      'timestamp.one.example',
      'log2025.one.example',
      'log2025.two.example',
    ]);
  });

  it('signs without a log where the signing config has none', async () => {
    const some = await someSigstore();
    const bundle = await keylessSigner(await some.options({ logs: [] })).sign(message);
    expect(bundle.logEntries).toEqual([]);
    expect(bundle.timestamps).toHaveLength(1);
  });

  it('signs what is known by its size, by a stream, or by neither', async () => {
    const some = await someSigstore();
    const signer = keylessSigner(await some.options());
    const sources = [bytesSource(testArtifact), blobSource(new Blob([testArtifact]))];
    for (const source of [...sources, streamSource(() => streamOf(testArtifact))]) {
      expect(await verdict(some, await signer.sign({ kind: 'message', message: source }))).toBe('passed');
    }
  });

  it('has a new key for each signature', async () => {
    const some = await someSigstore();
    const signer = keylessSigner(await some.options());
    const [a, b] = [await signer.sign(message), await signer.sign(message)];
    expect(a.material).not.toEqual(b.material);
  });

  it('gets a token each time from whoever gives tokens, for its audience', async () => {
    const some = await someSigstore();
    const asked: string[] = [];
    const identityToken = ({ audience }: { audience: string }): Promise<string> => {
      asked.push(audience);
      return some.token();
    };
    const signer = keylessSigner(await some.options({}, { identityToken }));
    await signer.sign(message);
    await signer.sign(statement);
    expect(asked).toEqual(['sigstore', 'sigstore']);
  });

  it.each([
    [
      'a workflow',
      { sub: 'repo:o/r:ref:refs/heads/main', job_workflow_ref: 'o/r/.github/workflows/a.yml@refs/heads/main' },
    ],
    ['a URI', { sub: 'https://issuer.example/ci/build' }],
    ['a user name', { sub: 'alice' }],
    ['an address whose flag is text', { ...person, email_verified: 'true' }],
  ])('signs for %s', async (_, claims) => {
    const some = await someSigstore();
    const identityToken = await some.token(claims);
    const bundle = await keylessSigner(await some.options({}, { identityToken })).sign(message);
    expect(bundle.material.kind).toBe('certificate');
  });

  it('sends the token to the certificate authority alone', async () => {
    const some = await someSigstore();
    const options = await some.options();
    await keylessSigner(options).sign(message);
    const holders = some.seen.filter(({ text }) => text.includes(options.identityToken as string));
    expect(holders.map(({ host }) => host)).toEqual(['fulcio.one.example']);
  });

  it('is of the newest version of the format, with one certificate', async () => {
    const some = await someSigstore();
    const text = fromUtf8(formatBundle(await keylessSigner(await some.options()).sign(statement)));
    expect(JSON.parse(text)).toMatchObject({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: {},
        tlogEntries: [{ kindVersion: { kind: 'hashedrekord', version: '0.0.2' } }],
      },
    });
  });

  it('ends with the reason of its signal, before anything is asked', async () => {
    const some = await someSigstore();
    const reason = new Error('enough');
    const signing = keylessSigner(await some.options()).sign(message, { signal: AbortSignal.abort(reason) });
    await expect(signing).rejects.toBe(reason);
    expect(some.seen).toEqual([]);
  });
});
