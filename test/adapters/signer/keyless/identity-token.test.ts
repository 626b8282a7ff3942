import { describe, expect, it } from 'vitest';
import { ambientToken, githubActionsToken, keylessSigner } from '../../../../src/adapters/signer/keyless.ts';
import { message, now, person, someSigstore } from './some-sigstore.ts';

const seconds = now / 1000;

describe('a token', () => {
  const claims = [
    ['is for another audience', { ...person, aud: 'somebody' }],
    ['is for others', { ...person, aud: ['a', 'b'] }],
    ['is for nobody', { ...person, aud: null }],
    ['has expired', { ...person, exp: seconds - 1 }],
    ['expires now', { ...person, exp: seconds }],
    ['never expires', { ...person, exp: null }],
    ['expires beyond every calendar and began there', { ...person, exp: 1e300, nbf: 1e299 }],
    ['has not begun', { ...person, nbf: seconds + 3600 }],
    ['is of an address that nobody checked', { ...person, email_verified: false }],
    ['says nothing of its address', { sub: '1', email: 'secret-person@example.com' }],
    ['names nobody', {}],
    ['has no issuer', { ...person, iss: null }],
  ] as const;

  it.each(claims)('that %s is never sent', async (_, given) => {
    const some = await someSigstore();
    const identityToken = await some.token(given);
    const signing = keylessSigner(await some.options({}, { identityToken })).sign(message);
    const error: unknown = await signing.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_IDENTITY_TOKEN' });
    expect(some.seen).toEqual([]);
    for (const part of [...identityToken.split('.'), 'secret-person'])
      expect((error as Error).message).not.toContain(part);
  });

  it('may be for several audiences', async () => {
    const some = await someSigstore();
    const identityToken = await some.token({ ...person, aud: ['other', 'sigstore'] });
    const signing = keylessSigner(await some.options({}, { identityToken })).sign(message);
    // The authority in memory takes one audience alone: it was sent.
    await expect(signing).rejects.toMatchObject({ code: 'ERR_IDENTITY_TOKEN', service: expect.anything() as string });
    expect(some.hosts()).toEqual(['fulcio.one.example']);
  });

  const encoded = (value: string): string => btoa(value).replace(/=+$/, '');
  it.each([
    ['is empty', ''],
    ['has two parts', 'aaaa.bbbb'],
    ['has four parts', 'aaaa.bbbb.cccc.dddd'],
    ['has an empty part', 'aaaa..cccc'],
    ['has other letters', 'aaaa.bb+b.cccc'],
    ['is too long', `${'a'.repeat(70_000)}.b.c`],
    ['is no base64', 'a.a.a'],
    ['holds no JSON', `${encoded('hello')}.${encoded('{}')}.aaaa`],
    ['holds a list', `${encoded('[]')}.${encoded('{}')}.aaaa`],
    ['is signed with nothing', `${encoded('{"alg":"none"}')}.${encoded('{"aud":"sigstore"}')}.aaaa`],
  ])('that %s is never sent', async (_, identityToken) => {
    const some = await someSigstore();
    await expect(keylessSigner(await some.options({}, { identityToken })).sign(message)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_TOKEN',
    });
    expect(some.seen).toEqual([]);
  });

  it('that nobody gives is an error of its own, with what was thrown as its cause', async () => {
    const some = await someSigstore();
    const cause = new Error('the window was closed');
    const identityToken = (): Promise<string> => Promise.reject(cause);
    const signing = keylessSigner(await some.options({}, { identityToken })).sign(message);
    await expect(signing).rejects.toMatchObject({ name: 'SigningError', code: 'ERR_IDENTITY_TOKEN', cause });
    expect(some.seen).toEqual([]);
  });

  it('that nobody waits for any more ends with the reason', async () => {
    const some = await someSigstore();
    const controller = new AbortController();
    const reason = new Error('enough');
    const identityToken = (): Promise<string> => {
      controller.abort(reason);
      return Promise.reject(new Error('stopped'));
    };
    const signer = keylessSigner(await some.options({}, { identityToken }));
    await expect(signer.sign(message, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('that is no text is never sent', async () => {
    const some = await someSigstore();
    const identityToken = (): string => undefined as unknown as string;
    await expect(keylessSigner(await some.options({}, { identityToken })).sign(message)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_TOKEN',
    });
  });

  it('of another issuer is refused by the authority, by its own code', async () => {
    const [some, other] = [await someSigstore(), await someSigstore()];
    const identityToken = await other.token();
    await expect(keylessSigner(await some.options({}, { identityToken })).sign(message)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_TOKEN',
      retryable: false,
    });
  });
});

describe('the token of a GitHub workflow', () => {
  const secret = 'request-secret-0123456789';
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.example/token?api-version=2',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
  };
  const fetched = (answer: () => Response): { fetch: typeof fetch; asked: Request[] } => {
    const asked: Request[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      asked.push(new Request(input, init));
      return Promise.resolve(answer());
    };
    return { fetch, asked };
  };
  const quick = { clock: { random: () => 0, sleep: () => Promise.resolve() } };

  it('is asked for with its audience and the secret of the job', async () => {
    const { fetch, asked } = fetched(() => Response.json({ value: 'a.b.c' }));
    expect(await githubActionsToken(env, { fetch })({ audience: 'sigstore' })).toBe('a.b.c');
    const [request] = asked;
    expect(request?.url).toBe('https://actions.example/token?api-version=2&audience=sigstore');
    expect(request?.headers.get('authorization')).toBe(`Bearer ${secret}`);
    expect(request?.method).toBe('GET');
  });

  it.each([
    ['is refused', () => new Response(`no ${secret}`, { status: 401 })],
    ['cannot be had', () => new Response(`no ${secret}`, { status: 500 })],
    ['is missing in the answer', () => Response.json({})],
    ['is no text in the answer', () => Response.json({ value: 7 })],
    ['is in no JSON', () => new Response(`{"value": ${secret}`)],
  ])('that %s is an error that does not repeat the secret', async (_, answer) => {
    const { fetch } = fetched(answer);
    const asking = Promise.resolve(githubActionsToken(env, { fetch, ...quick })({ audience: 'sigstore' }));
    const error: unknown = await asking.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ name: 'SigningError', code: 'ERR_IDENTITY_TOKEN' });
    expect(JSON.stringify(error)).not.toContain(secret);
    expect((error as Error).message).not.toContain('api-version');
  });

  it.each([
    ['there is no workflow', {}],
    ['there is no secret', { ACTIONS_ID_TOKEN_REQUEST_URL: env.ACTIONS_ID_TOKEN_REQUEST_URL }],
    ['there is no URL', { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: 'file:///etc/passwd' }],
  ])('cannot be had where %s', async (_, given) => {
    const asking = Promise.resolve(githubActionsToken(given)({ audience: 'sigstore' }));
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_IDENTITY_TOKEN',
      hint: expect.stringContaining('id-token') as string,
    });
  });

  it('gives way to the one in SIGSTORE_ID_TOKEN', async () => {
    const { fetch, asked } = fetched(() => Response.json({ value: 'a.b.c' }));
    expect(await ambientToken({ ...env, SIGSTORE_ID_TOKEN: 'x.y.z' }, { fetch })({ audience: 'sigstore' })).toBe(
      'x.y.z',
    );
    expect(asked).toEqual([]);
    expect(await ambientToken(env, { fetch })({ audience: 'sigstore' })).toBe('a.b.c');
  });

  it('is missing where the environment has neither', () => {
    expect(() => ambientToken({})({ audience: 'sigstore' })).toThrow(
      expect.objectContaining({ code: 'ERR_IDENTITY_TOKEN' }),
    );
  });
});
