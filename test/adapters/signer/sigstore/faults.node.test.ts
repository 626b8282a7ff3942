import { describe, expect, it } from 'vitest';
import { sigstoreSigner } from '../../../../src/adapters/signer/sigstore.ts';
import { loadClient } from '../../../../src/adapters/signer/sigstore/load-client.ts';
import type { SigstoreSignerOptions } from '../../../../src/adapters/signer/sigstore.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import { repeats, saidBy } from '../said-by.ts';
import { message, person, statement, type Intercept } from '../keyless/some-sigstore.ts';
import { startLoopbackSigstore, type LoopbackSigstore } from './loopback-sigstore.ts';

const fulcio = 'fulcio.one.example';
const stamps = 'timestamp.one.example';
const log = 'log2025.one.example';
const services = [
  [fulcio, 'ERR_CERTIFICATE_REQUEST'],
  [stamps, 'ERR_TIMESTAMP_REQUEST'],
  [log, 'ERR_LOG_ENTRY'],
] as const;

const at =
  (host: string, answer: (count: number) => Response | Promise<Response> | undefined): Intercept =>
  (request, count) =>
    new URL(request.url).host === host ? answer(count) : undefined;

async function failureOf(
  some: LoopbackSigstore,
  config: TestSigningConfigOptions = {},
  more: Partial<SigstoreSignerOptions> = {},
): Promise<unknown> {
  return sigstoreSigner(await some.options(config, more))
    .sign(message)
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

describe.each(services)('where %s fails', (host, code) => {
  it.each([
    ['has an error', true, () => Response.json({ message: 'no luck' }, { status: 500 })],
    ['is overloaded', true, () => new Response('later', { status: 503 })],
    ['refuses', false, () => Response.json({ message: 'not today' }, { status: 409 })],
    ['answers with something else', false, () => Response.json({ some: 'thing' })],
    ['answers with nothing', false, () => new Response('')],
    ['answers with what is no JSON', false, () => new Response('{"')],
  ])('because it %s, a signing error says so', async (_, retryable, answer) => {
    const some = await startLoopbackSigstore({ intercept: at(host, answer) });
    const error = await failureOf(some);
    expect(error).toMatchObject({ name: 'SigningError', code, retryable });
    expect(error).toMatchObject({ service: expect.stringContaining(`/${host}/`) as string });
    if (host !== log) expect(some.hosts).not.toContain(log);
  });

  it('because it is cut, a signing error says so, after as many attempts as were asked for', async () => {
    const some = await startLoopbackSigstore({ intercept: at(host, () => Promise.reject(new Error('cut'))) });
    expect(await failureOf(some, {}, { retries: 1 })).toMatchObject({ code, retryable: true });
    expect(some.hosts.filter((one) => one === host)).toHaveLength(2);
  });

  it('because it answers nothing, a signing error says so in time', async () => {
    const some = await startLoopbackSigstore({ intercept: at(host, () => new Promise(() => undefined)) });
    expect(await failureOf(some, {}, { timeoutMs: 300 })).toMatchObject({ code, retryable: true });
  });

  it('once, the signature is made', async () => {
    const answer = (count: number): Response | undefined =>
      count === 0 ? new Response('', { status: 502 }) : undefined;
    const some = await startLoopbackSigstore({ intercept: at(host, answer) });
    await expect(failureOf(some, {}, { retries: 1 })).resolves.toBeUndefined();
  });

  it('while nobody waits any longer, the reason of the signal comes through', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const answer = (): Promise<Response> => {
      controller.abort(reason);
      return new Promise(() => undefined);
    };
    const some = await startLoopbackSigstore({ intercept: at(host, answer) });
    const signing = sigstoreSigner(await some.options()).sign(message, { signal: controller.signal });
    await expect(signing).rejects.toBe(reason);
  });
});

describe('an answer that is not believed', () => {
  it.each([
    ['a certificate that another key signed', 'issued-by-another-key', 'ERR_CERTIFICATE_REQUEST'],
    ['a timestamp of other bytes', 'timestamp-of-other-bytes', 'ERR_TIMESTAMP_REQUEST'],
  ])('is %s', async (_, fault, code) => {
    const some = await startLoopbackSigstore({ faults: [fault] });
    expect(await failureOf(some)).toMatchObject({ name: 'SigningError', code });
    expect(some.hosts).not.toContain(log);
  });

  it('is a certificate of somebody else', async () => {
    const some = await startLoopbackSigstore();
    const identity = { identity: 'other@example.com', issuer: some.issuer.url };
    expect(await failureOf(some, {}, { identity })).toMatchObject({
      code: 'ERR_CERTIFICATE_REQUEST',
      cause: { code: 'ERR_IDENTITY_MISMATCH' },
    });
    expect(some.hosts).toEqual([fulcio]);
  });
});

describe('what sigstore-js cannot do', () => {
  it('is to enter a statement into a current Rekor v2, and the error says who can', async () => {
    const some = await startLoopbackSigstore();
    await expect(sigstoreSigner(await some.options()).sign(statement)).rejects.toMatchObject({
      code: 'ERR_LOG_ENTRY',
      message: expect.stringContaining('invalid type, must be hashedrekord') as string,
      hint: expect.stringContaining('packwright/signer/keyless') as string,
      details: { status: 400 },
    });
  });

  it('is to keep a token from whoever it is sent to by its authority', async () => {
    let [where, sent] = ['', ''];
    const some = await startLoopbackSigstore({
      intercept: async (request) => {
        if (new URL(request.url).host === 'elsewhere.example') sent = await request.text();
        return new Response(null, { status: 307, headers: { location: where } });
      },
    });
    const options = await some.options();
    const { url } = options.signingConfig.certificateAuthorities[0] ?? { url: '' };
    where = url.replace('127.0.0.1', 'localhost').replace(fulcio, 'elsewhere.example');
    await expect(sigstoreSigner(options).sign(message)).rejects.toMatchObject({ code: 'ERR_CERTIFICATE_REQUEST' });
    expect(sent).toContain(options.identityToken);
  });

  it('is to sign a stream of any length', async () => {
    const some = await startLoopbackSigstore();
    const source = { size: 17 * 1024 * 1024, open: () => Promise.reject(new Error('opened')) };
    const signing = sigstoreSigner(await some.options()).sign({ kind: 'message', message: source });
    await expect(signing).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(some.hosts).toEqual([]);
  });

  it('is to be there where it was not installed', async () => {
    const missing = Object.assign(new Error("Cannot find package '@sigstore/sign'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(loadClient(() => Promise.reject(missing))).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_UNSUPPORTED',
      hint: expect.stringContaining('npm install @sigstore/sign') as string,
      cause: missing,
    });
  });
});

describe('no error repeats a part of the token', () => {
  const echoes: readonly (readonly [string, (token: string) => Response])[] = [
    ['as text', (token) => new Response(token, { status: 400 })],
    ['as JSON', (token) => Response.json({ message: `invalid token ${token}` }, { status: 401 })],
    ['as JSON that is cut', (token) => Response.json({ message: `no: ${token.slice(0, 90)}` }, { status: 500 })],
    ['as an answer that is no JSON', (token) => new Response(token)],
    ['where it sends us', (token) => new Response(null, { status: 307, headers: { location: `http://${token}/` } })],
    [
      'as the certificate',
      (token) => Response.json({ signedCertificateEmbeddedSct: { chain: { certificates: [token] } } }),
    ],
  ];

  it.each(echoes)('that Fulcio gives back %s', async (_, echo) => {
    let token = '';
    const some = await startLoopbackSigstore({ intercept: at(fulcio, () => echo(token)) });
    token = await some.issuer.token(person);
    const error = await failureOf(some, {}, { identityToken: token });
    expect(error).toMatchObject({ name: 'SigningError' });
    for (const part of token.split('.').slice(1)) expect(repeats(saidBy(error), part)).toBe(false);
  });

  it('that is none, which is not sent', async () => {
    const some = await startLoopbackSigstore();
    const token = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ';
    const error = await failureOf(some, {}, { identityToken: token });
    expect(error).toMatchObject({ code: 'ERR_IDENTITY_TOKEN' });
    expect(repeats(saidBy(error), token)).toBe(false);
    expect(some.hosts).toEqual([]);
  });

  it('that Fulcio does not accept, and is told as what it is', async () => {
    const answer = (): Response =>
      Response.json({ message: 'There was an error processing the identity token' }, { status: 400 });
    const some = await startLoopbackSigstore({ intercept: at(fulcio, answer) });
    expect(await failureOf(some)).toMatchObject({ code: 'ERR_IDENTITY_TOKEN', retryable: false });
  });
});

describe('options of a sigstoreSigner', () => {
  it.each([
    ['an unknown one', { fetch: globalThis.fetch }, 'fetch'],
    ['a time that is none', { timeoutMs: 0 }, 'timeoutMs'],
    ['too many attempts', { retries: 11 }, 'retries'],
    ['a trust root that was not read', { trust: '{}' }, 'trust'],
  ])('are refused: %s', async (_, more, argument) => {
    const some = await startLoopbackSigstore();
    const options = { ...(await some.options()), ...more } as SigstoreSignerOptions;
    expect(() => sigstoreSigner(options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument }) as Error,
    );
  });

  it('may waive the timestamp of a certificate log, where there is none', async () => {
    const some = await startLoopbackSigstore({ faults: ['sct-missing'] });
    expect(await failureOf(some)).toMatchObject({ cause: { code: 'ERR_SCT_MISSING' } });
    await expect(failureOf(some, {}, { unsafeNoSct: true })).resolves.toBeUndefined();
  });
});
