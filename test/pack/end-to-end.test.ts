import { expect, it } from 'vitest';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import { bytesSource, createPackService } from '../../src/index.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

it('packs files and a folder, inspects, copies and unpacks them', async () => {
  const service = createPackService();
  const packed = await service.pack(
    {
      files: [{ path: 'hello.txt', source: bytesSource(text('hello')), executable: true }],
      folders: [{ path: 'docs', entries: [{ path: 'a/b.md', type: 'file', source: bytesSource(text('# b')) }] }],
    },
    'registry.example/hello:1.0',
  );
  const seen = await service.inspect('registry.example/hello:1.0');
  expect(seen.descriptor.digest).toBe(packed.digest);
  const copied = await service.copy('registry.example/hello:1.0', 'other.example/copy:2');
  expect(copied.descriptor.digest).toBe(packed.digest);
  const sink = memorySink();
  const unpacked = await service.unpack('other.example/copy:2', sink);
  expect(unpacked.files).toBe(2);
  expect([...sink.files().keys()].sort()).toEqual(['docs', 'docs/a', 'docs/a/b.md', 'hello.txt']);
  expect(sink.files().get('hello.txt')).toMatchObject({ executable: true, bytes: text('hello') });
});
