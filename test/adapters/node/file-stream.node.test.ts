import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileStream } from '../../../src/adapters/node/file-stream.ts';
import { chunksOf, readAll } from '../../../src/bytes/stream.ts';
import { temporaryFolder } from './temporary-folder.ts';

const reason = new Error('enough');

function someFile(size: number): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, new Uint8Array(size).fill(7));
  return path;
}

describe('a file as a stream', () => {
  it('is read whole, and in part', async () => {
    const path = someFile(3_000_000);
    expect((await readAll(await openFileStream(path), { limit: 1e7 })).length).toBe(3_000_000);
    expect((await readAll(await openFileStream(path, { start: 10, end: 15 }), { limit: 9 })).length).toBe(5);
  });

  it('is not opened where the signal fires while it is', async () => {
    const abort = new AbortController();
    const opening = openFileStream(someFile(10), { signal: abort.signal });
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });

  it('ends with the reason where the signal fires between two pieces', async () => {
    const abort = new AbortController();
    const stream = await openFileStream(someFile(3_000_000), { signal: abort.signal });
    const read = async (): Promise<void> => {
      for await (const piece of chunksOf(stream)) if (piece.length > 0) abort.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
  });

  it('of what is no regular file is refused', async () => {
    await expect(openFileStream(temporaryFolder())).rejects.toMatchObject({ code: 'EFTYPE' });
  });
});
