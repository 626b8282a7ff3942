import { expect, it } from 'vitest';
import { s3BlobStore, s3Client, s3RecordStore, type S3StoreOptions } from '../../src/adapters/blob-store/s3.ts';
import { toHex, utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { integrityOf } from '../../src/digest/integrity.ts';
import { isPackError } from '../../src/errors.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import { importLegacyObjects } from '../../src/adapters/blob-store/s3.ts';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { chunkedSource, someBytes } from '../../src/testing/bytes.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { listen } from '../peers/listen.ts';
import { s3ServerKinds } from '../peers/s3-servers.ts';
import { awsClient } from './aws-client.ts';
import { useS3Server } from './use-s3-server.ts';

type Client = S3StoreOptions['client'];

const large = someBytes(11 << 20);
const largeDigest = digestOf(large);
const small = utf8('small');
const smallDigest = digestOf(small);
let folders = 0;

async function read(store: BlobStore, digest: Digest): Promise<Digest | undefined> {
  const found = await store.get(digest);
  return found && digestOf(await readAll(await found.open(), { limit: 1 << 26 }));
}

const reset = (): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) });

/** An answer whose body ends with a reset in its middle. */
async function cut(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length < 2) throw reset();
  const parts = [bytes.subarray(0, bytes.length >> 1)];
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const part = parts.shift();
      if (part === undefined) controller.error(reset());
      else controller.enqueue(part);
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}

const slowDown = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>reduce your request rate</Message></Error>';

/** What befalls a request: on its way there, at the server, or on the way back. */
const mishaps: Readonly<
  Record<string, (ask: () => Promise<Response>, signal?: AbortSignal | null) => Promise<Response>>
> = {
  'a 500': () => Promise.resolve(new Response('<html>oops', { status: 500, headers: { 'content-type': 'text/html' } })),
  'a 503 SlowDown': () => Promise.resolve(new Response(slowDown, { status: 503 })),
  'a reset before': () => Promise.reject(reset()),
  'a reset after': async (ask) => {
    await (await ask()).arrayBuffer();
    throw reset();
  },
  'a cut body': async (ask) => cut(await ask()),
  'no answer': (_, signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    }),
};

/** Every tenth request has a mishap, each kind in its turn. */
function unreliable(client: Client): Client & { readonly seen: Record<string, number> } {
  const seen: Record<string, number> = {};
  const kinds = Object.keys(mishaps);
  let requests = 0;
  let failures = 0;
  return {
    seen,
    fetch: (url, init) => {
      const ask = (): Promise<Response> => client.fetch(url, init);
      if (++requests % 10 !== 3) return ask();
      const kind = kinds[failures++ % kinds.length] ?? '';
      seen[kind] = (seen[kind] ?? 0) + 1;
      return mishaps[kind]?.(ask, init?.signal) ?? ask();
    },
  };
}

/** Does it until it succeeds; what goes wrong meanwhile must be an error of ours that says so. */
async function persist<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isPackError(error) || !error.retryable || tries > 20) throw error;
      expect(error.code).toMatch(/^ERR_STORE_(READ|WRITE)$/);
    }
  }
}

async function all<T>(listed: () => AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of listed()) items.push(item);
  return items;
}

describeWithPeers.each(s3ServerKinds)('S3 on %s, where things go wrong', { timeout: 180_000 }, (kind) => {
  const used = useS3Server(kind);
  const { options } = used;

  it.each([
    ['two attempts, and the caller again', 2],
    ['its own seven attempts', 7],
  ])('does everything with every tenth request failing: %s (W18)', async (_, attempts) => {
    const client = unreliable(used.server.client);
    const how = options({
      client,
      retry: { attempts, baseMs: 1 },
      timeouts: { answerMs: 3000, minBytesPerSecond: 1e9 },
    });
    const [store, records] = [s3BlobStore(how), s3RecordStore(how)];
    const again = attempts === 2 ? persist : async <T>(run: () => Promise<T>): Promise<T> => run();
    const blobs = Array.from({ length: 30 }, (__, index) => someBytes(1000 + index, index + 1));
    const digests = blobs.map((blob) => digestOf(blob));
    await Promise.all(blobs.map((blob) => again(() => store.put(digestOf(blob), bytesSource(blob)))));
    await again(() => store.put(largeDigest, chunkedSource(large, [1 << 18])));
    for (const digest of [...digests, largeDigest]) expect(await again(() => read(store, digest))).toBe(digest);
    const ranged = await again(async () => {
      const part = await (await store.get(largeDigest))?.openUnverifiedRange(6_000_000, 6_000_100);
      return part && readAll(part, { limit: 1000 });
    });
    expect(ranged).toEqual(large.slice(6_000_000, 6_000_100));
    const listed = await again(() => all(() => store.list()));
    expect(listed.map(({ digest }) => digest).sort()).toEqual([...digests, largeDigest].sort());
    for (const digest of digests) await again(() => store.delete(digest));
    expect((await again(() => all(() => store.list()))).map(({ digest }) => digest)).toEqual([largeDigest]);
    let version: string | null = null;
    for (let count = 0; count < 30; count++) {
      const answer: { version: string } | 'conflict' = await again(() =>
        records.put('counter', utf8(String(count)), { ifVersion: version }),
      );
      // Where every try of one call lost its answer, the next call finds what it has written itself.
      version = answer === 'conflict' ? ((await again(() => records.get('counter')))?.version ?? null) : answer.version;
      expect(new TextDecoder().decode((await again(() => records.get('counter')))?.value)).toBe(String(count));
    }
    expect(await again(() => all(() => records.list('')))).toEqual([{ key: 'counter', version }]);
    await again(() => records.delete('counter', { ifVersion: version ?? '' }));
    expect(await again(() => records.get('counter'))).toBeUndefined();
    expect(Object.keys(client.seen).sort()).toEqual(Object.keys(mishaps).sort());
  });

  it('imports what an older store kept, with every tenth request failing', async () => {
    const prefix = `old/${++folders}`;
    const blobs = [large, ...Array.from({ length: 40 }, (_, index) => someBytes(500 + index, index + 1))];
    for (const blob of blobs) {
      const key = `${prefix}/${toHex(utf8(integrityOf(digestOf(blob, 'sha512'))))}`;
      const body = blob;
      await used.server.client.fetch(`${used.server.endpoint}/${used.server.bucket}/${key}`, { method: 'PUT', body });
    }
    await used.server.client.fetch(`${used.server.endpoint}/${used.server.bucket}/${prefix}/some.txt`, {
      method: 'PUT',
      body: 'x',
    });
    const client = unreliable(used.server.client);
    const { bucket, endpoint } = used.server;
    const retry = { baseMs: 1 };
    const from = { client, bucket, endpoint, prefix, retry, timeouts: { answerMs: 3000 } };
    const to = memoryBlobStore();
    const known = new Map<string, Digest>();
    const importing = { ...from, blobs: to, known: (key: string) => known.get(key) };
    const onBlob = ({ integrity, digest }: { integrity: string; digest: Digest }): void =>
      void known.set(integrity, digest);
    expect(await importLegacyObjects({ ...importing, onBlob })).toMatchObject({
      imported: 41,
      mismatched: { integrity: 0, size: 0 },
      unreadable: [],
      skipped: { notHex: 1, keys: [`${prefix}/some.txt`] },
    });
    expect(await read(to, largeDigest)).toBe(largeDigest);
    expect(await importLegacyObjects(importing)).toMatchObject({ imported: 0, alreadyThere: 41, known: 41 });
  });

  it.each([
    ['GET', ['get', 'put', 'list', 'delete', 'record'], 'ERR_STORE_'],
    ['PUT', ['put', 'large', 'ingest', 'write'], 'ERR_STORE_WRITE'],
    ['DELETE', ['delete'], 'ERR_STORE_WRITE'],
    ['POST', ['large'], 'ERR_STORE_WRITE'],
  ] as const)('says so where a bucket denies %s, and does the rest', async (denied, failing, code) => {
    const how = options();
    await s3BlobStore(how).put(smallDigest, bytesSource(small));
    const denial = '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';
    const client: Client = {
      fetch: (url, init) =>
        init?.method === denied
          ? Promise.resolve(new Response(denial, { status: 403, headers: { 'content-type': 'application/xml' } }))
          : used.server.client.fetch(url, init),
    };
    const store = s3BlobStore({ ...how, client });
    const records = s3RecordStore({ ...how, client });
    const verbs: Record<string, () => Promise<unknown>> = {
      get: () => store.get(smallDigest),
      put: () => store.put(digestOf(utf8('new')), bytesSource(utf8('new'))),
      large: () => store.put(largeDigest, bytesSource(large)),
      ingest: () => store.ingest(),
      list: () => all(() => store.list()),
      record: () => records.get('a'),
      write: () => records.put('a', small, { ifVersion: null }),
      delete: () => store.delete(smallDigest),
    };
    const outcomes: Record<string, unknown> = {};
    for (const [verb, run] of Object.entries(verbs)) outcomes[verb] = await run().catch((error: unknown) => error);
    for (const verb of failing) {
      expect(outcomes[verb]).toMatchObject({
        name: 'StoreError',
        retryable: false,
        details: { s3Code: 'AccessDenied' },
      });
      expect((outcomes[verb] as { code: string; hint: string }).code).toContain(code);
      expect((outcomes[verb] as { hint: string }).hint).toMatch(/s3:GetObject, s3:PutObject, s3:DeleteObject/);
    }
    const fine = Object.keys(verbs).filter((verb) => !(outcomes[verb] instanceof Error));
    const others =
      denied === 'GET' ? ['ingest', 'write'] : Object.keys(verbs).filter((verb) => !failing.includes(verb as never));
    expect(fine).toEqual(expect.arrayContaining(others));
    // Nothing that was there is lost, but by the delete that was allowed.
    expect(await read(s3BlobStore(how), smallDigest)).toBe(
      ['GET', 'DELETE'].includes(denied) ? smallDigest : undefined,
    );
  });

  if (kind === 'versitygw') {
    it('takes the time of the server where its own is an hour off', async () => {
      for (const hours of [1, -1] as const) {
        const now = (): number => Date.now() + hours * 3_600_000;
        const client = s3Client({ credentials: used.server.credentials, fetch: used.server.fetch, now });
        const store = s3BlobStore(options({ client, retry: { baseMs: 1 } }));
        expect(await store.put(largeDigest, bytesSource(large))).toEqual({ created: true });
        expect(await read(store, largeDigest)).toBe(largeDigest);
        expect(await (await fetch((await store.presign?.(largeDigest)) ?? '')).arrayBuffer()).toHaveProperty(
          'byteLength',
          large.length,
        );
      }
    });

    it('says that the clock is wrong where the client does not follow the server, and asks once', async () => {
      let asked = 0;
      const datetime = new Date(Date.now() + 3_600_000).toISOString().replace(/[:-]|\.\d{3}/g, '');
      const aws = awsClient(used.server.credentials);
      const client: Client = {
        fetch: (url, init) => {
          asked += 1;
          return aws.fetch(url, { ...init, aws: { datetime } });
        },
      };
      const clock = { now: () => Date.now() + 3_600_000 };
      await expect(s3BlobStore(options({ client, clock })).get(smallDigest)).rejects.toMatchObject({
        code: 'ERR_STORE_READ',
        retryable: false,
        details: { s3Code: 'RequestTimeTooSkewed' },
        hint: expect.stringMatching(/clock of this machine is 3[56]\d\d seconds fast/) as string,
      });
      expect(asked).toBe(1);
    });
  }

  it('says that an endpoint speaks HTML, and writes nothing there', async () => {
    const methods = new Set<string | undefined>();
    const site = await listen((request, response) => {
      methods.add(request.method);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Console</title>');
    });
    try {
      const how = options({ client: s3Client({ credentials: used.server.credentials }), endpoint: site.url });
      const [store, records] = [s3BlobStore(how), s3RecordStore(how)];
      for (const run of [
        () => store.get(smallDigest),
        () => store.put(smallDigest, bytesSource(small)),
        () => store.put(largeDigest, bytesSource(large)),
        () => store.delete(smallDigest),
        () => all(() => store.list()),
        () => records.get('a'),
      ]) {
        const error: unknown = await run().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toMatchObject({ name: 'StoreError', retryable: false });
        expect(`${(error as Error).message} ${(error as { hint?: string }).hint ?? ''}`).toMatch(
          /not .*as S3|page|endpoint/,
        );
      }
      expect([...methods]).toEqual(['GET']);
    } finally {
      await site.stop();
    }
  });
});
