import { describe, expect, it } from 'vitest';
import { memoryRecordStore } from '../../../../src/adapters/blob-store/memory.ts';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { bytesSource } from '../../../../src/bytes/source.ts';
import { streamFrom } from '../../../../src/bytes/stream.ts';
import { someBytes } from '../../../../src/testing/bytes.ts';
import { quirkRegistry } from '../../../../src/testing/quirk-registry.ts';
import { descriptorOf } from './blob-registry.ts';

const bytes = someBytes(6_000_000);
const descriptor = descriptorOf(bytes);

describe('an upload that a former process has left', () => {
  it('is cancelled and forgotten where the registry has the blob by now', async () => {
    const served = quirkRegistry();
    const uploads = memoryRecordStore();
    const client = httpRegistry({ host: 'registry.example', fetch: served.fetch, uploads }).repository('team/app').blob;
    const stop = new AbortController();
    const source = streamFrom(async function* () {
      yield bytes.subarray(0, 5_000_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      stop.abort(new Error('interrupted'));
      yield bytes.subarray(5_000_000);
    });
    const cut = client.put(descriptor, { open: () => Promise.resolve(source) }, { signal: stop.signal });
    await expect(cut).rejects.toThrow('interrupted');
    expect(await keysOf(uploads)).toHaveLength(1);
    await served.registry.repository('team/app').blob.put(descriptor, bytesSource(bytes));
    expect(await client.put(descriptor, bytesSource(bytes))).toEqual({ created: false });
    expect(await keysOf(uploads)).toEqual([]);
    expect(served.requests.at(-1)?.method).toBe('DELETE');
  });
});

async function keysOf(uploads: ReturnType<typeof memoryRecordStore>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of uploads.list('uploads/')) keys.push(key);
  return keys;
}
