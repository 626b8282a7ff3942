import { describe, expect, it } from 'vitest';
import { linkAbort } from '../../src/http/abort-link.ts';
import { BodyReader } from '../../src/http/body-reader.ts';
import { defaultTimeouts, type HttpTimeouts } from '../../src/http/exchange.ts';

interface Setup {
  readonly parts: number;
  readonly everyMs?: number;
  readonly announced?: number;
  readonly stall?: boolean;
  readonly timeouts?: Partial<HttpTimeouts>;
}

/** A reader of a body whose parts have 10 bytes each, and what becomes of it. */
function readerOf({ parts, everyMs = 0, announced, stall = false, timeouts }: Setup): {
  reader: BodyReader;
  seen: { ends: number; cancels: number };
} {
  const seen = { ends: 0, cancels: 0 };
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      if (sent++ < parts) controller.enqueue(new Uint8Array(10));
      else if (stall) await new Promise(() => undefined);
      else controller.close();
    },
    cancel() {
      seen.cancels++;
    },
  });
  const reader = new BodyReader(body, {
    url: new URL('https://registry.example/v2/'),
    announced,
    timeouts: { ...defaultTimeouts, ...timeouts },
    link: linkAbort(undefined),
    end() {
      seen.ends++;
    },
    fail: (error) => error,
  });
  return { reader, seen };
}

async function read(reader: BodyReader): Promise<number> {
  let size = 0;
  for (let part = await reader.next(); part !== undefined; part = await reader.next()) size += part.length;
  return size;
}

describe('a body that is read part by part', () => {
  it('is complete when everything has come that was announced', async () => {
    const { reader, seen } = readerOf({ parts: 2, announced: 20 });
    expect(await read(reader)).toBe(20);
    expect([reader.complete, seen.ends, seen.cancels]).toEqual([true, 1, 0]);
    expect(await reader.next()).toBe(undefined);
  });

  it('may take longer than the time between two parts, in all', async () => {
    const { reader } = readerOf({ parts: 8, everyMs: 30, timeouts: { idleMs: 120 } });
    expect(await read(reader)).toBe(80);
  });

  it('fails when nothing comes any more', async () => {
    const { reader, seen } = readerOf({ parts: 3, everyMs: 30, stall: true, timeouts: { idleMs: 100 } });
    await expect(read(reader)).rejects.toMatchObject({ kind: 'timeout', retryable: true });
    expect([seen.ends, seen.cancels]).toEqual([1, 1]);
  });

  it('fails when it drips', async () => {
    const timeouts = { rateWindowMs: 40, minBytesPerSecond: 100_000 };
    const { reader } = readerOf({ parts: 1000, everyMs: 5, timeouts });
    await expect(read(reader)).rejects.toMatchObject({ kind: 'timeout', retryable: true });
  });

  it('may drip as fast as was asked for', async () => {
    const { reader } = readerOf({ parts: 10, everyMs: 10, timeouts: { rateWindowMs: 30, minBytesPerSecond: 1 } });
    expect(await read(reader)).toBe(100);
  });

  it.each([
    { parts: 3, announced: 20, kind: 'protocol' },
    { parts: 1, announced: 20, kind: 'network' },
  ])('fails with $parts parts where $announced bytes are announced', async ({ parts, announced, kind }) => {
    await expect(read(readerOf({ parts, announced }).reader)).rejects.toMatchObject({ kind });
  });

  it('is given up once', async () => {
    const { reader, seen } = readerOf({ parts: 3 });
    await reader.next();
    await reader.cancel();
    await reader.cancel();
    expect([seen.ends, seen.cancels]).toEqual([1, 1]);
    expect(await reader.next()).toBe(undefined);
  });
});
