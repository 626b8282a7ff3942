import { indexedDbBlobStore, indexedDbRecordStore } from 'packwright/blob-store/indexeddb';
import { opfsBlobStore, opfsRecordStore } from 'packwright/blob-store/opfs';
import { blobStoreContract, recordStoreContract } from 'packwright/testing';
import type { Suites } from '../runtimes/stores/contract-outcomes.ts';

const fresh = (): string => crypto.randomUUID();

async function removeFolder(name: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(name, { recursive: true }).catch(() => undefined);
}

function removeDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => resolve();
  });
}

/** Replaces what a file has. */
async function overwrite(directory: string, name: string, bytes: Uint8Array): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const blobs = await (await root.getDirectoryHandle(directory)).getDirectoryHandle('blobs');
  const file = await (await blobs.getFileHandle(name)).createWritable();
  await file.write(new Uint8Array(bytes));
  await file.close();
}

/** Replaces the chunks of a blob. */
async function replaceChunks(name: string, digest: string, bytes: Uint8Array): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('not opened'));
  });
  const transaction = database.transaction(['blobs', 'chunks'], 'readwrite');
  const done = new Promise((resolve) => (transaction.oncomplete = resolve));
  const found = transaction.objectStore('blobs').get(digest) as IDBRequest<{ upload: string }>;
  found.onsuccess = () => {
    const { upload } = found.result;
    transaction.objectStore('chunks').delete(IDBKeyRange.bound([upload, 0], [upload, Infinity]));
    for (let part = 0; part * 1024 * 1024 < bytes.length; part++) {
      const chunk = bytes.slice(part * 1024 * 1024, (part + 1) * 1024 * 1024);
      transaction.objectStore('chunks').put(chunk, [upload, part]);
    }
  };
  await done;
  database.close();
}

/** Every contract of the stores that browsers have. */
export const suites: Suites = {
  opfsBlobStore: (runner) =>
    blobStoreContract(runner, {
      name: 'opfsBlobStore',
      create: async () => {
        const directory = fresh();
        return Promise.resolve({
          store: opfsBlobStore({ directory }),
          reopen: () => Promise.resolve(opfsBlobStore({ directory })),
          corrupt: (digest, bytes) => overwrite(directory, digest.replace(':', '-'), bytes),
          dispose: () => removeFolder(directory),
        });
      },
    }),
  opfsRecordStore: (runner) =>
    recordStoreContract(runner, {
      name: 'opfsRecordStore',
      create: async () => {
        const directory = fresh();
        return Promise.resolve({
          store: opfsRecordStore({ directory }),
          reopen: () => Promise.resolve(opfsRecordStore({ directory })),
          dispose: () => removeFolder(directory),
        });
      },
    }),
  indexedDbBlobStore: (runner) =>
    blobStoreContract(runner, {
      name: 'indexedDbBlobStore',
      create: async () => {
        const name = fresh();
        return Promise.resolve({
          store: indexedDbBlobStore({ name }),
          reopen: () => Promise.resolve(indexedDbBlobStore({ name })),
          corrupt: (digest, bytes) => replaceChunks(name, digest, bytes),
          dispose: () => removeDatabase(name),
        });
      },
    }),
  indexedDbRecordStore: (runner) =>
    recordStoreContract(runner, {
      name: 'indexedDbRecordStore',
      create: async () => {
        const name = fresh();
        return Promise.resolve({
          store: indexedDbRecordStore({ name }),
          reopen: () => Promise.resolve(indexedDbRecordStore({ name })),
          dispose: () => removeDatabase(name),
        });
      },
    }),
};
