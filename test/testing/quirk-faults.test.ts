import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { faultKinds, quirkRegistry, type FaultKind } from '../../src/testing/quirk-registry.ts';
import { withQuirks, type QuirkUnderTest } from './quirk-world.ts';

const origin = 'https://registry.example';
const bytes = new Uint8Array(1000).fill(7);

const read = (response: Response): Promise<unknown> =>
  response.arrayBuffer().then(
    (all) => all.byteLength,
    (error: unknown) => (error as Error).name,
  );
const getBlob = ({ quirk, layer }: QuirkUnderTest, init: RequestInit = {}): Promise<Response> =>
  quirk.fetch(`${origin}/v2/team/app/blobs/${layer.digest}`, { redirect: 'manual', ...init });
const nameOf = (error: unknown): string => (error as Error).name;

/** What each fault does to the download of a blob of 10,000 bytes. */
const shown: Readonly<Record<FaultKind, (given: QuirkUnderTest) => Promise<unknown>>> = {
  reset: (given) => expect(getBlob(given)).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } }),
  'answer-lost': async (given) => {
    await expect(given.quirk.fetch(`${origin}/v2/team/app/manifests/1.0`, { method: 'DELETE' })).rejects.toThrow(
      TypeError,
    );
    given.quirk.recover();
    expect(await given.status('manifests/1.0')).toBe(404);
  },
  'request-cut': async (given) => {
    given.quirk.recover();
    const location = new URL(await given.begin(), origin);
    given.quirk.fail({ kinds: ['request-cut'] });
    const sent = given.quirk.fetch(location, { method: 'PATCH', body: bytes });
    await expect(sent).rejects.toThrow(TypeError);
    given.quirk.recover();
    expect(await given.header('range', location.href)).toMatch(/^0-/);
  },
  cut: async (given) => expect(await read(await getBlob(given))).toBe('TypeError'),
  stall: async (given) => {
    const response = await getBlob(given, { signal: AbortSignal.timeout(30) });
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(5000);
    await expect(reader?.read()).rejects.toMatchObject({ name: 'TimeoutError' });
  },
  hang: async (given) =>
    expect(await getBlob(given, { signal: AbortSignal.timeout(30) }).catch(nameOf)).toBe('TimeoutError'),
  slow: async (given) => {
    const began = performance.now();
    expect(await read(await getBlob(given))).toBe(10_000);
    expect(performance.now() - began).toBeGreaterThan(15);
  },
  'wrong-bytes': async (given) => {
    const all = new Uint8Array(await (await getBlob(given)).arrayBuffer());
    expect([all.length, digestOf(all) === given.layer.digest]).toEqual([10_000, false]);
  },
  'wrong-digest-header': async (given) => {
    expect((await getBlob(given)).headers.get('docker-content-digest')).not.toBe(given.layer.digest);
  },
  'error-500': async (given) => expect((await getBlob(given)).status).toBe(500),
  'error-502': async (given) => expect((await getBlob(given)).status).toBe(502),
  'error-503': async (given) => expect((await getBlob(given)).status).toBe(503),
  'rate-limited': async (given) => {
    const response = await getBlob(given);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
  },
  'rate-limited-date': async (given) => {
    const response = await getBlob(given);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, 'Thu, 01 Jan 1970 00:00:01 GMT']);
  },
  'expired-token': async (given) => {
    given.quirk.set(['token-as-access-token']);
    given.quirk.recover();
    const { username, password } = given.quirk.credential;
    const basic = { authorization: `Basic ${btoa(`${username}:${password}`)}` };
    const answer = (await (await given.ask('/token?scope=repository:team/app:pull', { headers: basic })).json()) as {
      access_token: string;
    };
    const headers = { authorization: `Bearer ${answer.access_token}` };
    expect(await given.status('tags/list', { headers })).toBe(200);
    given.quirk.fail({ kinds: ['expired-token'], times: 1 });
    expect([await given.status('tags/list', { headers }), await given.status('tags/list', { headers })]).toEqual([
      401, 401,
    ]);
  },
  'evil-redirect': async (given) => {
    const response = await getBlob(given);
    expect([response.status, response.headers.get('location')?.startsWith('https://evil.example/')]).toEqual([
      307,
      true,
    ]);
    expect(await (await getBlob(given, { redirect: 'follow' })).text()).toBe('evil bytes');
  },
};

describe('the fault', () => {
  it.each(faultKinds)('%s does what its name says', async (kind) => {
    const given = await withQuirks([], { sizes: { slowness: 20 }, clock: () => 0 });
    given.quirk.fail({ kinds: [kind] });
    await shown[kind](given);
  });
});

describe('faults', () => {
  const statuses = async (given: QuirkUnderTest, count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let turn = 0; turn < count; turn++) all.push(await given.status('tags/list'));
    return all;
  };

  it('happen to every so many-th request', async () => {
    const given = await withQuirks([]);
    given.quirk.fail({ kinds: ['error-503'], every: 3 });
    expect(await statuses(given, 6)).toEqual([200, 200, 503, 200, 200, 503]);
  });

  it('happen so many times, and to the requests that are meant', async () => {
    const given = await withQuirks([]);
    given.quirk.fail({ kinds: ['error-500'], times: 2, where: (request) => request.url.endsWith('list') });
    expect(await given.status('manifests/1.0')).toBe(200);
    expect(await statuses(given, 3)).toEqual([500, 500, 200]);
  });

  it('happen by chance, the same for the same seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      const quirk = quirkRegistry({ seed, faults: { kinds: ['error-500', 'error-503'], rate: 0.2 } });
      const all: number[] = [];
      for (let turn = 0; turn < 300; turn++) all.push((await quirk.handle(new Request(`${origin}/v2/`))).status);
      return all;
    };
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
    const failed = first.filter((status) => status >= 500).length;
    expect(failed).toBeGreaterThan(30);
    expect(failed).toBeLessThan(90);
    expect(new Set(first)).toEqual(new Set([200, 500, 503]));
  });
});

describe('its fetch', () => {
  it('follows a redirect, and leaves the credential behind at another origin', async () => {
    const { quirk, layer } = await withQuirks(['blob-redirect']);
    const response = await quirk.fetch(`${origin}/v2/team/app/blobs/${layer.digest}`, {
      headers: { authorization: 'Basic secret' },
    });
    expect((await response.arrayBuffer()).byteLength).toBe(10_000);
    expect(quirk.requests.map(({ headers }) => headers.get('authorization'))).toEqual(['Basic secret', null]);
  });

  it('refuses a redirect where it is told to, and one too many', async () => {
    const { quirk } = await withQuirks(['redirect-endless']);
    const url = `${origin}/v2/team/app/manifests/1.0`;
    await expect(quirk.fetch(url, { redirect: 'error' })).rejects.toThrow(TypeError);
    await expect(quirk.fetch(url)).rejects.toThrow(TypeError);
    expect(quirk.requests).toHaveLength(22);
  });

  it('cannot send a stream a second time', async () => {
    const quirk = quirkRegistry({ faults: { kinds: ['evil-redirect'] } });
    await expect(quirk.fetch(origin, { method: 'PUT', body: 'text' })).rejects.toThrow(TypeError);
  });

  it('says how long a body is, where it knows', async () => {
    const quirk = quirkRegistry();
    for (const body of ['text', new Blob(['text']), new Uint8Array(4), new ArrayBuffer(4)]) {
      await quirk.fetch(`${origin}/v2/`, { method: 'PUT', body });
    }
    expect(quirk.requests.map(({ headers }) => headers.get('content-length'))).toEqual(['4', '4', '4', '4']);
  });

  it('gives up where it was told to before it began', async () => {
    const quirk = quirkRegistry();
    await expect(quirk.fetch(origin, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(quirk.requests).toEqual([]);
  });
});
