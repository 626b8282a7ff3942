import { describe, expect, it } from 'vitest';
import { memoryBlobStore } from '../../src/adapters/blob-store/memory.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { IntegrityError, StoreError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { BlobStore } from '../../src/ports/blob-store.ts';
import type { PackEvent } from '../../src/ports/operation.ts';
import { auditBlobs } from '../../src/store/index.ts';
import { storeOf } from './stores.ts';
import { corruptBlob, digestsIn } from './wrapped-stores.ts';

function named(digests: readonly Digest[]): Descriptor[] {
  return digests.map((digest, index) => ({ mediaType: 'application/octet-stream', digest, size: index + 1 }));
}

function failing(store: BlobStore, digest: Digest | undefined, error: Error): BlobStore {
  return {
    ...store,
    get: async (wanted, options) => {
      const blob = await store.get(wanted, options);
      if (wanted !== digest || blob === undefined) return blob;
      return { ...blob, open: () => Promise.reject(error) };
    },
  };
}

describe('auditBlobs', () => {
  it('finds nothing wrong in a whole store, and reads every byte', async () => {
    const { store, digests } = await storeOf(4);
    expect(await auditBlobs({ blobs: store, reachable: named(digests) })).toEqual({
      ok: true,
      checked: 4,
      bytes: 10,
      missing: [],
      corrupt: [],
      wrongSize: [],
      unreadable: [],
      orphans: [],
    });
  });

  it('names what is missing', async () => {
    const { store, digests } = await storeOf(3);
    const reachable = named(digests);
    await store.delete(digests[1] as Digest);
    expect(await auditBlobs({ blobs: store, reachable })).toMatchObject({ ok: false, missing: [reachable[1]] });
  });

  it('names what is corrupt, and goes on', async () => {
    const { store, digests } = await storeOf(3);
    const error = new IntegrityError('ERR_DIGEST_MISMATCH', 'blob is wrong', { expected: 'a', actual: 'b' });
    const report = await auditBlobs({ blobs: failing(store, digests[0], error), reachable: named(digests) });
    expect(report).toMatchObject({ ok: false, checked: 3, corrupt: [{ digest: digests[0], code: error.code }] });
  });

  it('names what cannot be read, and goes on', async () => {
    const { store, digests } = await storeOf(3);
    const error = new StoreError('ERR_STORE_READ', 'disk is broken');
    const report = await auditBlobs({ blobs: failing(store, digests[0], error) });
    expect(report).toMatchObject({ ok: false, checked: 3, unreadable: [{ digest: digests[0], code: error.code }] });
  });

  it('names every descriptor that says another size', async () => {
    const { store, digests } = await storeOf(1);
    const [first] = named(digests) as [Descriptor];
    const report = await auditBlobs({ blobs: store, reachable: [first, { ...first, size: 7 }, { ...first, size: 0 }] });
    expect(report.wrongSize).toEqual([
      { digest: digests[0], expected: 7, actual: 1 },
      { digest: digests[0], expected: 0, actual: 1 },
    ]);
    expect(report).toMatchObject({ ok: false, checked: 1 });
  });

  it('lists orphans, reads them too, and does not mind them (W8)', async () => {
    const { store, digests } = await storeOf(3);
    const report = await auditBlobs({ blobs: store, reachable: named(digests.slice(0, 1)) });
    expect(report.orphans.map(({ digest }) => digest)).toEqual(digests.slice(1));
    expect(report).toMatchObject({ ok: true, checked: 3 });
  });

  it('calls nothing an orphan when it was not told what is reachable', async () => {
    const { store } = await storeOf(3);
    expect(await auditBlobs({ blobs: store })).toMatchObject({ ok: true, checked: 3, orphans: [] });
  });

  it('checks what is reachable in a store that cannot list', async () => {
    const { store, digests } = await storeOf(3);
    const blind: BlobStore = { ...store, abilities: { ...store.abilities, list: false } };
    const reachable = named([...digests.slice(0, 1), digestOf(new Uint8Array(99))]);
    expect(await auditBlobs({ blobs: blind, reachable })).toMatchObject({ checked: 1, missing: [reachable[1]] });
  });

  it('ends with the reason of the signal', async () => {
    const { store } = await storeOf(3);
    const reason = new Error('enough');
    const controller = new AbortController();
    const onEvent = ({ kind }: PackEvent): void => {
      if (kind === 'progress') controller.abort(reason);
    };
    await expect(auditBlobs({ blobs: store, signal: controller.signal, onEvent })).rejects.toBe(reason);
  });

  describe('with stores to repair from', () => {
    it('puts what is missing, replaces what is corrupt, and says from where', async () => {
      const { store: whole, digests } = await storeOf(3);
      const { store: inner } = await storeOf(3);
      const [first, second] = digests as [Digest, Digest];
      await inner.delete(first);
      const blobs = corruptBlob(inner, second);
      const repairFrom = [memoryBlobStore(), corruptBlob(whole, first), { ...whole, id: 'spare' }];
      const notes: string[] = [];
      const onEvent = ({ kind, message = '' }: PackEvent): void => {
        if (kind === 'warning') notes.push(message);
      };
      const report = await auditBlobs({ blobs, reachable: named(digests), repairFrom, onEvent });
      expect(report).toMatchObject({
        ok: true,
        missing: [],
        corrupt: [],
        repaired: [
          { digest: first, was: 'missing', from: 'spare' },
          { digest: second, was: 'corrupt', from: 'memory' },
        ],
      });
      expect(notes).toHaveLength(1);
      expect(await auditBlobs({ blobs: inner, reachable: named(digests) })).toMatchObject({ ok: true, checked: 3 });
    });

    it('leaves the damaged bytes where no other store has good ones', async () => {
      const { store: inner, digests } = await storeOf(2);
      const blobs = corruptBlob(inner, digests[0] as Digest);
      const reachable = [...named(digests), ...named([digestOf(new Uint8Array(99))])];
      const report = await auditBlobs({ blobs, reachable, repairFrom: [memoryBlobStore()] });
      expect(report).toMatchObject({ ok: false, corrupt: [{ digest: digests[0] }], missing: [{}], repaired: [] });
      expect((await digestsIn(inner)).size).toBe(2);
    });

    it('finds a wrong size also in what it repaired', async () => {
      const { store: whole, digests } = await storeOf(1);
      const [first] = named(digests) as [Descriptor];
      const reachable = [{ ...first, size: 5 }];
      const report = await auditBlobs({ blobs: memoryBlobStore(), reachable, repairFrom: [whole] });
      expect(report).toMatchObject({ ok: false, wrongSize: [{ expected: 5, actual: 1 }] });
    });

    it('ends with the reason of the signal', async () => {
      const { digests } = await storeOf(1);
      const controller = new AbortController();
      const reason = new Error('enough');
      const from: BlobStore = {
        ...memoryBlobStore(),
        get: () => {
          controller.abort(reason);
          return Promise.reject(reason);
        },
      };
      const audit = { blobs: memoryBlobStore(), reachable: named(digests), repairFrom: [from] };
      await expect(auditBlobs({ ...audit, signal: controller.signal })).rejects.toBe(reason);
    });
  });
});
