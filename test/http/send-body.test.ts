import { describe, expect, it } from 'vitest';
import { streamOf } from '../../src/bytes/source.ts';
import { streamFrom } from '../../src/bytes/stream.ts';
import { createHttpClient, type AskOptions, type HttpClientOptions } from '../../src/http/http-client.ts';
import { serve } from './local-server.ts';

const clock = { sleep: (): Promise<void> => Promise.resolve() };
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function put(url: string, body: () => BodyInit, options: HttpClientOptions & AskOptions = {}): Promise<number> {
  const { headers, patient, ...rest } = options;
  const client = createHttpClient({ clock, retry: { attempts: 1 }, ...rest });
  const answer = await client.ask(new URL(url), { method: 'PUT', body, expect: [201], headers, patient });
  await answer.discard();
  return answer.response.status;
}

/** A stream of chunks, each of them so long in coming. */
function slowStream(chunks: number, ms: number, onEnd?: () => void): ReadableStream<Uint8Array> {
  return streamFrom(async function* () {
    try {
      for (let sent = 0; sent < chunks; sent++) {
        await wait(ms);
        yield new Uint8Array(1000);
      }
    } finally {
      onEnd?.();
    }
  });
}

describe('a body that is sent', () => {
  it('is sent as a stream with the length that it is said to have', async () => {
    let received = 0;
    const { url, requests } = await serve((request, response) => {
      request.on('data', (chunk: Uint8Array) => (received += chunk.length));
      request.on('end', () => response.writeHead(201).end());
    });
    const bytes = new Uint8Array(1_000_000);
    await put(url, () => streamOf(bytes), { headers: { 'content-length': '1000000' } });
    expect(received).toBe(1_000_000);
    expect(requests[0]?.headers).toMatchObject({ 'content-length': '1000000' });
    expect(requests[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  it.each([
    ['bytes', () => new Uint8Array(5)],
    ['a Blob', () => new Blob([new Uint8Array(5)])],
  ])('says the length of %s once', async (_, body) => {
    const { url, requests } = await serve((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end());
    });
    await put(url, body, { headers: { 'content-length': '5' } });
    expect(requests[0]?.headers['content-length']).toBe('5');
  });

  it('sends a Blob that is too large to be kept', async () => {
    let received = 0;
    const { url } = await serve((request, response) => {
      request.on('data', (chunk: Uint8Array) => (received += chunk.length));
      request.on('end', () => response.writeHead(201).end());
    });
    await put(url, () => new Blob([new Uint8Array(17_000_000)]));
    expect(received).toBe(17_000_000);
  });

  it('may take longer than the head of an answer, as long as it moves', async () => {
    const { url } = await serve((request, response) => {
      request.resume().on('end', () => response.writeHead(201).end());
    });
    expect(await put(url, () => slowStream(8, 30), { timeouts: { headersMs: 60 } })).toBe(201);
  });

  it('leaves a registry time after the last byte', async () => {
    const { url } = await serve((request, response) => {
      request.resume().on('end', () => setTimeout(() => response.writeHead(201).end(), 150));
    });
    const timeouts = { headersMs: 50, answerMs: 1000 };
    expect(await put(url, () => streamOf(new Uint8Array(10)), { timeouts })).toBe(201);
    expect(await put(url, () => 'x', { timeouts, patient: true })).toBe(201);
    const hasty = put(url, () => 'x', { timeouts: { ...timeouts, minBytesPerSecond: 1_000_000 } });
    await expect(hasty).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('is given up where no answer comes behind it, and where nobody takes it', async () => {
    const silent = await serve((request) => void request.resume());
    const timeouts = { headersMs: 1000, answerMs: 60, idleMs: 60, minBytesPerSecond: 100_000_000 };
    const unanswered = put(silent.url, () => streamOf(new Uint8Array(10)), { timeouts });
    await expect(unanswered).rejects.toMatchObject({ kind: 'timeout' });
    const stuck = await serve(() => undefined);
    const bytes = new Uint8Array(30_000_000);
    await expect(put(stuck.url, () => streamOf(bytes), { timeouts })).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('of many bytes is not waited for longer than it takes to be sent', async () => {
    const silent = await serve((request) => void request.resume());
    const timeouts = { headersMs: 60, idleMs: 60 };
    const unanswered = put(silent.url, () => new Uint8Array(300_000), { timeouts });
    await expect(unanswered).rejects.toMatchObject({ kind: 'timeout' });
  });

  it.each([401, 413])('is closed where a server answers %d before it was sent', async (status) => {
    const { url } = await serve((request, response) => {
      request.once('data', () => response.writeHead(status, { connection: 'close' }).end('no'));
    });
    let closed = false;
    const body = (): ReadableStream<Uint8Array> => slowStream(10_000, 5, () => (closed = true));
    await expect(put(url, body)).rejects.toMatchObject({ kind: 'status', status });
    await expect.poll(() => closed).toBe(true);
  });

  it('is closed where the connection is cut', async () => {
    const { url } = await serve((request) => {
      request.once('data', () => request.destroy());
    });
    let closed = false;
    const body = (): ReadableStream<Uint8Array> => slowStream(10_000, 5, () => (closed = true));
    await expect(put(url, body)).rejects.toMatchObject({ kind: 'network', retryable: true });
    await expect.poll(() => closed).toBe(true);
  });

  it('is not sent to where a redirect leads when it is a stream', async () => {
    const { url, requests } = await serve((request, response) => {
      request.resume().on('end', () => response.writeHead(307, { location: '/b' }).end());
    });
    const failed = put(url, () => streamOf(new Uint8Array(10)));
    await expect(failed).rejects.toMatchObject({ kind: 'redirect', retryable: false });
    expect(requests).toHaveLength(1);
  });
});
