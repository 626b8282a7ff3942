import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { registryContract } from '../../../src/testing/index.ts';

registryContract({ describe, it }, { name: 'memory', create: () => Promise.resolve({ registry: memoryRegistry() }) });

describe('memoryRegistry', () => {
  it('has the id that it is given', () => {
    expect(memoryRegistry().id).toBe('memory');
    expect(memoryRegistry({ id: 'test' }).repository('a').id).toBe('test/a');
  });

  it('refuses an option that it does not know', () => {
    expect(() => memoryRegistry({ size: 1 } as object)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });

  it('refuses blobs beyond maxBytes', async () => {
    const bytes = new Uint8Array(100);
    const blob = { mediaType: 'text/plain', digest: digestOf(bytes), size: 100 };
    const put = memoryRegistry({ maxBytes: 99 }).repository('a').blob.put(blob, bytesSource(bytes));
    await expect(put).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
  });
});
