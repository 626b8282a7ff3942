import { expect, it } from 'vitest';
import { buildLayer, type TarEntry } from '../../src/archive/index.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { extract } from '../../src/index.ts';
import { memorySink, tree } from './fixtures.ts';

const entries: TarEntry[] = [
  { path: 'a', type: 'file', source: bytesSource(utf8('a')), executable: true },
  { path: 'b', type: 'symlink', target: 'a' },
];
const archive = (compression: 'gzip' | 'none'): Promise<Uint8Array> =>
  readAll(buildLayer(entries, { compression }).stream, { limit: 1e6 });

it.each(['gzip', 'none'] as const)('writes what is in a tar (%s)', async (compression) => {
  const sink = memorySink();
  const extracted = await extract(bytesSource(await archive(compression)), sink);
  expect(tree(sink)).toEqual({ a: 'a x', b: '-> a' });
  expect(extracted).toMatchObject({ files: 1, bytes: 1 });
});

it('writes nothing of an archive that is cut, or larger than the limit', async () => {
  const bytes = await archive('gzip');
  const sink = memorySink();
  await expect(extract(bytesSource(bytes.subarray(0, -4)), sink)).rejects.toMatchObject({
    code: 'ERR_ARCHIVE_INVALID',
  });
  const large = buildLayer([{ path: 'x', type: 'file', source: bytesSource(new Uint8Array(10)) }], {
    compression: 'none',
  });
  const source = bytesSource(await readAll(large.stream, { limit: 1e6 }));
  await expect(extract(source, sink, { limits: { totalBytes: 9 } })).rejects.toMatchObject({
    code: 'ERR_LIMIT_EXCEEDED',
  });
  expect(sink.files().size).toBe(0);
});
