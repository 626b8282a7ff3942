import { describe, expect, it } from 'vitest';
import { generateSigningKey, keySigner } from '../../../../src/adapters/signer/key.ts';
import { keylessSigner, sigstoreWitness } from '../../../../src/adapters/signer/keyless.ts';
import { SigningError } from '../../../../src/errors.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { message, person, someSigstore, statement, type Intercept, type SomeSigstore } from './some-sigstore.ts';

const services = [
  ['fulcio.one.example', 'ERR_CERTIFICATE_REQUEST'],
  ['timestamp.one.example', 'ERR_TIMESTAMP_REQUEST'],
  ['log2025.one.example', 'ERR_LOG_ENTRY'],
] as const;

/** Long enough for those that answer, also on a busy machine. */
const impatient = { headersMs: 600, minBytesPerSecond: 1e9 };

async function failureOf(some: SomeSigstore, config: TestSigningConfigOptions = {}): Promise<unknown> {
  const options = await some.options(config);
  return keylessSigner(options)
    .sign(message)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

const at =
  (host: string, answer: (count: number, request: Request) => Response | Promise<Response> | undefined): Intercept =>
  (request, count) =>
    new URL(request.url).host === host ? answer(count, request) : undefined;

function urlOf(input: string | URL | Request): string {
  return input instanceof Request ? input.url : new URL(input).href;
}

/** Everything that an error says, as deep as it goes. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message: text, stack = '', cause } = error;
  return [text, stack, JSON.stringify(error), everythingIn(cause)].join('\n');
}

describe.each(services)('where %s fails', (host, code) => {
  it.each([
    ['has an error', () => Response.json({ code: 13, message: 'no luck' }, { status: 500 })],
    ['is overloaded', () => new Response('later', { status: 503, headers: { 'retry-after': '1' } })],
    ['is cut', () => Promise.reject(new TypeError('fetch failed'))],
    ['ends too early', () => new Response('{', { headers: { 'content-length': '100' } })],
  ])('because it %s, it is asked three times, and a signing error says so', async (_, answer) => {
    const some = await someSigstore({ intercept: at(host, answer) });
    const error = await failureOf(some);
    expect(error).toBeInstanceOf(SigningError);
    expect(error).toMatchObject({
      code,
      retryable: true,
      service: expect.stringContaining(`https://${host}/`) as string,
    });
    expect(some.hosts().filter((one) => one === host)).toHaveLength(3);
  });

  it('because it answers nothing, a signing error says so in time', async () => {
    const some = await someSigstore({ intercept: at(host, () => new Promise(() => undefined)) });
    const options = await some.options({}, { timeouts: impatient, retry: { attempts: 1 } });
    await expect(keylessSigner(options).sign(message)).rejects.toMatchObject({ code, retryable: true });
  });

  it('once, the signature is made', async () => {
    const answer = (count: number): Response | undefined =>
      count === 0 ? new Response('', { status: 502 }) : undefined;
    const some = await someSigstore({ intercept: at(host, answer) });
    await expect(failureOf(some)).resolves.toBeUndefined();
  });

  it.each([
    ['refuses', () => Response.json({ message: 'not today' }, { status: 400 })],
    ['has no such page', () => new Response('<html>', { status: 404 })],
    ['does not say why', () => Response.json({ code: 3 }, { status: 422 })],
    ['says why in no text', () => new Response(Uint8Array.of(0xff), { status: 422 })],
    ['answers with nothing', () => new Response('')],
    ['answers with something else', () => Response.json({ some: 'thing' })],
    ['answers with a list', () => Response.json([])],
    ['answers with no end of it', () => new Response(new Uint8Array(21 * 1024 * 1024))],
    [
      'sends us to somebody else',
      () => new Response(null, { status: 307, headers: { location: 'https://evil.example/' } }),
    ],
  ])('because it %s, it is not asked again', async (_, answer) => {
    const some = await someSigstore({ intercept: at(host, answer) });
    await expect(failureOf(some)).resolves.toMatchObject({ name: 'SigningError', code, retryable: false });
    expect(some.hosts().filter((one) => one === host)).toHaveLength(1);
    expect(some.hosts()).not.toContain('evil.example');
  });

  it('nobody is told the token, whatever the service repeats', async () => {
    const echo = async (_: number, request: Request): Promise<Response> => {
      const text = await request.clone().text();
      return Response.json({ message: `bad token in ${text}` }, { status: 500 });
    };
    const some = await someSigstore({ intercept: at(host, echo) });
    const error = await failureOf(some);
    expect(error).toBeInstanceOf(SigningError);
    for (const part of (await tokenSent(some)).split('.')) expect(everythingIn(error)).not.toContain(part);
    expect(everythingIn(error)).not.toContain('PRIVATE KEY');
  });

  it('the reason of an abort is passed on', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const stop = (): Promise<Response> => {
      controller.abort(reason);
      return new Promise(() => undefined);
    };
    const some = await someSigstore({ intercept: at(host, stop) });
    const signing = keylessSigner(await some.options()).sign(statement, { signal: controller.signal });
    await expect(signing).rejects.toBe(reason);
  });
});

function tokenSent({ seen }: SomeSigstore): Promise<string> {
  const { text = '{}' } = seen.find(({ host }) => host === 'fulcio.one.example') ?? {};
  const { credentials } = JSON.parse(text) as { credentials: { oidcIdentityToken: string } };
  return Promise.resolve(credentials.oidcIdentityToken);
}

describe('an answer that is wrong', () => {
  const wrong = {
    ERR_CERTIFICATE_REQUEST: [
      'authority-unknown',
      'authority-ended',
      'issued-by-another-key',
      'purpose-other',
      'certificate-changed',
      'certificate-with-trailing-bytes',
      'certificate-ended',
      'name-missing',
      'names-two',
      'name-longer',
      'name-in-capitals',
      'issuer-other',
      'issuers-that-disagree',
      'sct-missing',
      'sct-of-another-certificate',
      'sct-of-another-issuer',
      'ct-log-unknown',
      'ct-log-key-ended',
    ],
    ERR_TIMESTAMP_REQUEST: [
      'timestamp-of-other-bytes',
      'timestamp-refused',
      'timestamp-by-another-key',
      'timestamp-not-bound',
      'timestamp-bound-to-another',
      'timestamp-purpose-other',
      'timestamp-certificate-ended',
      'timestamp-authority-ended',
    ],
    ERR_SIGNATURE_REJECTED: ['certificate-not-begun'],
    ERR_LOG_ENTRY: [
      'entry-of-another-artifact',
      'entry-with-another-digest',
      'entry-with-another-signature',
      'entry-with-another-key',
      'entry-with-the-bare-key',
      'checkpoint-of-another-origin',
      'checkpoint-of-another-key-id',
      'checkpoint-of-another-root',
      'checkpoint-of-another-log',
      'checkpoint-unsigned',
      'log-key-of-another',
      'log-key-ended',
    ],
  };
  const rows = Object.entries(wrong).flatMap(([code, names]) => names.map((name) => [name, code] as const));

  it.each(rows)('%s is %s', async (name, code) => {
    const some = await someSigstore({ faults: [name] });
    await expect(failureOf(some)).resolves.toMatchObject({ name: 'SigningError', code });
    const published = some.hosts().some((host) => host.startsWith('log2025.'));
    expect(published).toBe(code === 'ERR_LOG_ENTRY');
  });

  it('a certificate for another key is refused', async () => {
    const some = await someSigstore();
    const other = async (): Promise<Response> => {
      const bundle = JSON.parse(
        await some.sigstore.sign({ artifact: testArtifact, identity: person.email, issuer: some.issuer.url }),
      ) as {
        verificationMaterial: { certificate: { rawBytes: string } };
      };
      const pem = `-----BEGIN CERTIFICATE-----\n${bundle.verificationMaterial.certificate.rawBytes}\n-----END CERTIFICATE-----\n`;
      return Response.json({ signedCertificateEmbeddedSct: { chain: { certificates: [pem] } } });
    };
    const options = await some.options();
    const { fetch = globalThis.fetch } = options;
    const lying: typeof fetch = (input, init) => (urlOf(input).includes('fulcio') ? other() : fetch(input, init));
    await expect(keylessSigner({ ...options, fetch: lying }).sign(message)).rejects.toMatchObject({
      code: 'ERR_CERTIFICATE_REQUEST',
      cause: { code: 'ERR_KEY_MISMATCH' },
    });
  });

  it('a timestamp of another request is refused', async () => {
    const some = await someSigstore({ edits: { timestamps: (all) => all.map((one) => ({ ...one, nonce: 7n })) } });
    await expect(failureOf(some)).resolves.toMatchObject({ code: 'ERR_TIMESTAMP_REQUEST' });
  });

  it('a timestamp of a time at which the certificate was not good stops everything', async () => {
    const late = 3_600_000;
    const some = await someSigstore({
      edits: { timestamps: (all) => all.map((one) => ({ ...one, genTime: one.genTime + late })) },
    });
    await expect(failureOf(some)).resolves.toMatchObject({ code: 'ERR_SIGNATURE_REJECTED' });
    expect(some.hosts()).not.toContain('log2025.one.example');
  });
});

describe('an entry of Rekor v2', () => {
  it('that exists already cannot be had again, and another signature can', async () => {
    const exists = (): Response => Response.json({ message: 'an equivalent entry already exists' }, { status: 409 });
    const some = await someSigstore({ intercept: at('log2025.one.example', exists) });
    const options = await some.options();
    await expect(keylessSigner(options).sign(message)).rejects.toMatchObject({
      code: 'ERR_LOG_ENTRY',
      retryable: true,
    });
    const { signingConfig, trust, fetch, clock } = options;
    const key = await generateSigningKey({ algorithm: 'PKIX_RSA_PKCS1V15_2048_SHA256' });
    const signer = keySigner({ key, trust, witness: sigstoreWitness({ signingConfig, trust, fetch, clock }) });
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'ERR_LOG_ENTRY', retryable: false });
  });
});

describe('an entry of Rekor v1', () => {
  it('that exists already is taken from where the log says', async () => {
    let posted: Response | undefined;
    const host = 'rekor.one.example';
    const some = await someSigstore();
    const options = await some.options({ logs: ['v1'] });
    const { fetch = globalThis.fetch } = options;
    const again: typeof fetch = async (input, init) => {
      if (new URL(urlOf(input)).host === host && init?.method === 'POST') posted = await fetch(input, init);
      return fetch(input, init);
    };
    const bundle = await keylessSigner({ ...options, fetch: again }).sign(message);
    expect(posted?.status).toBe(201);
    expect(bundle.logEntries).toHaveLength(1);
    expect(some.seen.filter((one) => one.host === host).map(({ method }) => method)).toEqual(['POST', 'POST', 'GET']);
  });

  it.each([
    ['says not where it is', {}],
    ['is said to be somewhere else', { location: 'https://evil.example/api/v1/log/entries/1' }],
    ['is said to be nowhere', { location: 'http://' }],
  ])('that %s is refused', async (_, headers) => {
    const some = await someSigstore({
      intercept: at('rekor.one.example', () => new Response('', { status: 409, headers: headers as HeadersInit })),
    });
    await expect(failureOf(some, { logs: ['v1'] })).resolves.toMatchObject({ code: 'ERR_LOG_ENTRY' });
    expect(some.hosts()).not.toContain('evil.example');
  });

  const good = (
    change: (entry: Record<string, unknown>, verification: Record<string, unknown>) => unknown,
  ): Promise<unknown> =>
    someSigstore().then(async (some) => {
      const options = await some.options({ logs: ['v1'] });
      const { fetch = globalThis.fetch } = options;
      const changing: typeof fetch = async (input, init) => {
        const answer = await fetch(input, init);
        if (!urlOf(input).includes('rekor')) return answer;
        const [[name, entry] = ['', {}]] = Object.entries(
          (await answer.json()) as Record<string, Record<string, unknown>>,
        );
        const { inclusionProof } = entry.verification as { inclusionProof: Record<string, unknown> };
        const changed = change(entry, inclusionProof) ?? { [name]: entry };
        return Response.json(changed, { status: 201 });
      };
      return keylessSigner({ ...options, fetch: changing }).sign(message);
    });

  it.each<[string, Parameters<typeof good>[0]]>([
    ['has no body', (entry) => void Reflect.deleteProperty(entry, 'body')],
    ['has a body that is no JSON', (entry) => void (entry.body = 'AAAA')],
    ['has a body of no kind', (entry) => void (entry.body = 'e30=')],
    ['has a negative index', (entry) => void (entry.logIndex = -1)],
    ['has an index that is text', (entry) => void (entry.logIndex = '1')],
    ['has another time', (entry) => void (entry.integratedTime = 5)],
    ['has no proof', (entry) => void (entry.verification = {})],
    ['has no hashes', (_, proof) => void Reflect.deleteProperty(proof, 'hashes')],
    ['has hashes that are none', (_, proof) => void (proof.hashes = [1])],
    ['has too many hashes', (_, proof) => void (proof.hashes = new Array(64).fill('aa'))],
    ['has another root', (_, proof) => void (proof.rootHash = 'aa'.repeat(32))],
    ['is one of two', (entry) => ({ a: entry, b: entry })],
    ['is null', () => ({ a: null })],
    ['is not there', () => []],
  ])('that %s is refused', async (_, change) => {
    await expect(good(change)).rejects.toMatchObject({ name: 'SigningError', code: 'ERR_LOG_ENTRY' });
  });

  it('that is left as it is is taken', async () => {
    await expect(good(() => undefined)).resolves.toMatchObject({ logEntries: [{ kind: 'hashedrekord' }] });
  });
});
