import { describe, expect, it } from 'vitest';
import { download, type DownloadOptions } from '../../src/http/download.ts';
import { createHttpClient } from '../../src/http/http-client.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';
import { cutAfter, serve } from './local-server.ts';

const client = createHttpClient({ clock: { sleep: () => Promise.resolve() } });
const bytes = someBytes(10_000);

async function read(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { stream, size } = await download(client, new URL(url), options);
  expect(size).toBe(bytes.length);
  return contentOf(stream);
}

/** The head and the bytes for a range, as RFC 9110 has it. */
function partOf(range: string | undefined): { readonly head: Record<string, string>; readonly part: Uint8Array } {
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const end = last === '' ? bytes.length : Number(last) + 1;
  const part = bytes.subarray(Number(first), end);
  return {
    head: { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}`, 'content-length': String(part.length) },
    part,
  };
}

describe('download of a range', () => {
  it.each([
    [0, 100],
    [4000, 4001],
    [9000, undefined],
    [0, undefined],
  ])('reads from %j to %j', async (start, end) => {
    const knows = await serve((request, response) => {
      const { head, part } = partOf(request.headers.range);
      response.writeHead(request.headers.range === undefined ? 200 : 206, head).end(part);
    });
    const ignores = await serve((_, response) => response.writeHead(200, { 'content-length': 10_000 }).end(bytes));
    for (const { url } of [knows, ignores]) {
      expect(await read(url, { start, end, fixed: true })).toEqual(bytes.slice(start, end));
    }
  });

  it('goes on within the range after a cut, where the bytes are fixed', async () => {
    const { url, requests } = await serve((request, response, count) => {
      const { head, part } = partOf(request.headers.range);
      if (count > 1) response.writeHead(206, head).end(part);
      else cutAfter(response.writeHead(206, head), part, 500);
    });
    expect(await read(url, { start: 1000, end: 3000, fixed: true })).toEqual(bytes.slice(1000, 3000));
    expect(requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-2999', 'bytes=1500-2999']);
  });

  it('reads all of it again after a cut, where they may be others', async () => {
    const { url, requests } = await serve((request, response, count) => {
      if (count > 1) response.writeHead(200, { 'content-length': 10_000 }).end(bytes);
      else cutAfter(response.writeHead(206, partOf(request.headers.range).head), bytes.subarray(1000), 500);
    });
    expect(await read(url, { start: 1000 })).toEqual(bytes.slice(1000));
    expect(requests[1]?.headers.range).toBeUndefined();
  });
});
