import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { generateSigningKey, keySigner } from '../../../src/adapters/signer/key.ts';
import { keylessSigner, sigstoreWitness } from '../../../src/adapters/signer/keyless.ts';
import { isPackError } from '../../../src/errors.ts';
import { createPackService } from '../../../src/index.ts';
import type { Signer } from '../../../src/ports/signer.ts';
import { repeats, saidBy } from '../../adapters/signer/said-by.ts';
import {
  now,
  person,
  someSigstore,
  type Intercept,
  type SomeSigstore,
} from '../../adapters/signer/keyless/some-sigstore.ts';
import { legacyTag, putImage, putIndex } from '../verify/packs.ts';

const registry = memoryRegistry();
const service = createPackService({ registries: () => registry });
let count = 0;

/** What came of signing an image, and of the image. */
interface Outcome {
  readonly error: unknown;
  /** How many signatures it has, in either format. */
  readonly signatures: number;
}

async function outcomeOf(signer: Signer, options: Parameters<typeof service.sign>[2] = {}): Promise<Outcome> {
  const name = `faulty/services${count++}`;
  const repository = registry.repository(name);
  const image = await putImage(repository, name);
  const index = await putIndex(repository, [image], 'v2');
  const recursive = options.format === undefined;
  const error: unknown = await service.sign(`registry.example/${name}:v2`, signer, { recursive, ...options }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const lists = [await repository.referrers(image.digest), await repository.referrers(index.digest)];
  const legacy = await repository.resolve(legacyTag(index.digest, 'sig'));
  const attached = lists.flatMap(({ referrers }) => referrers).length;
  return { error, signatures: attached + (legacy === undefined ? 0 : 1) };
}

const hosts = {
  Fulcio: 'fulcio.one.example',
  'the timestamp authority': 'timestamp.one.example',
  Rekor: 'log2025.one.example',
} as const;

const answers: readonly (readonly [string, () => Response | Promise<Response>])[] = [
  ['fails', () => Response.json({ message: 'no luck' }, { status: 500 })],
  ['is overloaded', () => new Response('', { status: 503 })],
  ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
  ['is cut', () => new Response('{"signedCerti', { headers: { 'content-length': '1000' } })],
  ['answers with a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ['sends us away', () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } })],
  ['refuses', () => new Response('', { status: 403 })],
  ['answers without end', () => new Response(new Uint8Array(21 * 1024 * 1024))],
];

/** The answer in place of one of a host, from the second request to it on: the first manifest can be signed. */
function lateAt(host: string, answer: () => Response | Promise<Response>): Intercept {
  return (request, before) => (new URL(request.url).host === host && before > 0 ? answer() : undefined);
}

async function keyless(some: SomeSigstore, more: object = {}): Promise<{ signer: Signer; token: string }> {
  const options = await some.options({}, more);
  return { signer: keylessSigner(options), token: options.identityToken as string };
}

describe.each(Object.entries(hosts))('where %s', (_name, host) => {
  it.each(answers)('%s while an index is signed, nothing at all is attached', async (_, answer) => {
    const some = await someSigstore({ intercept: lateAt(host, answer) });
    const { signer, token } = await keyless(some);
    const { error, signatures } = await outcomeOf(signer);
    expect(error).toMatchObject({ name: 'SigningError', service: expect.stringContaining(host) as string });
    expect(signatures).toBe(0);
    for (const part of token.split('.').slice(1)) expect(repeats(saidBy(error), part)).toBe(false);
    expect(some.hosts()).not.toContain('evil.example');
  });

  it('does not answer until somebody has enough, nothing is attached, and the reason is passed on', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const never = (): Promise<Response> => {
      setTimeout(() => controller.abort(reason), 5);
      return new Promise(() => undefined);
    };
    const { signer } = await keyless(await someSigstore({ intercept: lateAt(host, never) }));
    expect(await outcomeOf(signer, { signal: controller.signal })).toEqual({ error: reason, signatures: 0 });
  });
});

describe('what a service does wrong', () => {
  it.each([
    'certificate-changed',
    'certificate-ended',
    'issued-by-another-key',
    'sct-missing',
    'timestamp-by-another-key',
    'timestamp-of-other-bytes',
    'entry-of-another-artifact',
    'entry-with-another-signature',
    'checkpoint-of-another-log',
  ])('is seen, and nothing is attached: %s', async (fault) => {
    const { signer, token } = await keyless(await someSigstore({ faults: [fault] }));
    for (const format of ['bundle', 'legacy'] as const) {
      const { error, signatures } = await outcomeOf(signer, { format });
      expect(error).toMatchObject({ name: 'SigningError' });
      expect(signatures).toBe(0);
      expect(repeats(saidBy(error), token.split('.')[1] ?? '')).toBe(false);
    }
  });

  it.each(['timestamp-by-another-key', 'entry-of-another-artifact', 'checkpoint-unsigned'])(
    'is seen, too, where a key signs: %s',
    async (fault) => {
      const { signingConfig, trust, fetch, clock } = await (await someSigstore({ faults: [fault] })).options();
      const witness = sigstoreWitness({ signingConfig, trust, fetch, clock });
      const { error, signatures } = await outcomeOf(keySigner({ key: await generateSigningKey(), witness, trust }));
      expect(error).toMatchObject({ name: 'SigningError' });
      expect(signatures).toBe(0);
    },
  );
});

describe('a clock that is off', () => {
  const hour = 3_600_000;
  const day = 24 * hour;
  const clockAt = (offset: number): object => ({
    clock: { now: () => now + offset, random: () => 0, sleep: () => Promise.resolve() },
  });

  it.each([
    ['an hour ahead', hour, {}, 'ERR_IDENTITY_TOKEN'],
    ['an hour ahead, with a token of a day', hour, { exp: (now + day) / 1000 }, 'ERR_CERTIFICATE_REQUEST'],
    ['an hour behind', -hour, {}, 'ERR_IDENTITY_TOKEN'],
    ['an hour behind, with a token that does not say when it begins', -hour, { nbf: null }, 'ERR_CERTIFICATE_REQUEST'],
  ])(
    'by %s attaches nothing, publishes nothing, and is what the hint says to look at',
    async (_, offset, more, code) => {
      const some = await someSigstore();
      const identityToken = await some.token({ ...person, ...more });
      const { signer } = await keyless(some, { ...clockAt(offset), identityToken });
      const { error, signatures } = await outcomeOf(signer);
      expect(error).toMatchObject({ name: 'SigningError', code });
      expect(isPackError(error) && error.hint).toContain('check the clock');
      expect(signatures).toBe(0);
      expect(some.hosts()).not.toContain(hosts.Rekor);
    },
  );

  it.each([
    ['half a minute behind', -30_000],
    ['two minutes ahead', 120_000],
  ])('by %s is borne with', async (_, offset) => {
    const { signer } = await keyless(await someSigstore(), clockAt(offset));
    expect(await outcomeOf(signer)).toEqual({ error: undefined, signatures: 2 });
  });
});
