import { bytesSource, streamSource, type BlobStore } from 'packwright';
import { indexedDbBlobStore, type IndexedDbBlobStore } from 'packwright/blob-store/indexeddb';
import { opfsBlobStore, type OpfsBlobStore } from 'packwright/blob-store/opfs';
import { digestOf } from 'packwright/digest';

type BrowserStore = IndexedDbBlobStore | OpfsBlobStore;

/** The stores that browsers have, by name. */
const openStore: Readonly<Record<string, (name: string) => BrowserStore>> = {
  opfs: (name) => opfsBlobStore({ directory: name }),
  indexeddb: (name) => indexedDbBlobStore({ name }),
};

function storeOf(kind: string, name: string): BrowserStore {
  const open = openStore[kind];
  if (open === undefined) throw new Error(`no store ${kind}`);
  return open(name);
}

/** Bytes that a browser cannot press into less. */
function filled(size: number, seed: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return new Uint8Array(size).map(() => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24);
}

async function sizesIn(store: BlobStore): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { size } of store.list()) sizes.push(size);
  return sizes.sort((a, b) => a - b);
}

async function errorOf(run: () => Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await run();
    return {};
  } catch (error) {
    return JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
  }
}

/** Sends a task to a worker that loads the same script, and gives its first answer. */
async function answerOf(worker: Worker, task: object): Promise<unknown> {
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.postMessage(task);
  return answer;
}

const newWorker = (): Worker => new Worker('/page.js', { type: 'module' });

/** What workers are asked for. */
export const workerTasks: Readonly<Record<string, (kind: string, name: string) => Promise<unknown>>> = {
  /** Never ends: what comes after 3 MiB is waited for. */
  hang: (kind, name) =>
    new Promise((resolve, reject) => {
      let given = 0;
      const source = streamSource(
        () =>
          new ReadableStream(
            {
              pull: async (controller) => {
                if (given++ < 3) controller.enqueue(filled(1024 * 1024, 7));
                else {
                  resolve('hangs');
                  await new Promise(() => undefined);
                }
              },
            },
            { highWaterMark: 0 },
          ),
      );
      storeOf(kind, name)
        .put(digestOf(filled(5, 5)), source)
        .catch(reject);
    }),
  append: async (kind, name) => {
    const ingest = await storeOf(kind, name).ingest?.();
    await ingest?.append(bytesSource(filled(1_500_000, 3).subarray(0, 1_200_000)));
    return ingest?.id;
  },
  churn: async (kind, name) => {
    const store = storeOf(kind, name);
    for (let round = 0; round < 4; round++) {
      for (let seed = 1; seed <= 4; seed++) {
        const bytes = filled(200_000, seed);
        await store.put(
          digestOf(bytes),
          streamSource(() => bytesSource(bytes).open()),
        );
        if (seed === 4) await store.delete(digestOf(bytes));
      }
    }
    return 'done';
  },
};

/** What a page does with workers beside it. */
export const scenarios: Readonly<Record<string, (kind: string, name: string) => Promise<unknown>>> = {
  /** A worker is killed in the middle of a put; what it left is swept, by age. */
  killed: async (kind: string, name: string) => {
    const worker = newWorker();
    await answerOf(worker, { task: 'hang', kind, name });
    const store = storeOf(kind, name);
    const during = kind === 'opfs' ? await store.sweepAbandoned({ olderThanSeconds: 0 }) : undefined;
    worker.terminate();
    const young = await store.sweepAbandoned({ olderThanSeconds: 3600 });
    let swept = await store.sweepAbandoned({ olderThanSeconds: 0 });
    // A browser takes its time to let go of what a worker had.
    for (let wait = 0; wait < 50 && swept.uploads === 0; wait++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      swept = await store.sweepAbandoned({ olderThanSeconds: 0 });
    }
    const again = await store.sweepAbandoned({ olderThanSeconds: 0 });
    return { during, young, uploads: swept.uploads, again, list: await sizesIn(store) };
  },
  /** An ingest that a worker began is gone on with by a page, after the worker was killed. */
  resumed: async (kind: string, name: string) => {
    const worker = newWorker();
    const id = String(await answerOf(worker, { task: 'append', kind, name }));
    worker.terminate();
    const ingest = await storeOf(kind, name).ingest?.(id);
    const offset = ingest?.offset;
    await ingest?.append(bytesSource(filled(1_500_000, 3).subarray(1_200_000)));
    const { created, size } = (await ingest?.commit(digestOf(filled(1_500_000, 3)))) ?? {};
    return { offset, created, size };
  },
  /** Workers and a page put and delete the same blobs. */
  together: async (kind: string, name: string) => {
    const workers = [newWorker(), newWorker()];
    const answers = workers.map((worker) => answerOf(worker, { task: 'churn', kind, name }));
    const done = await Promise.all([...answers, workerTasks.churn?.(kind, name)]);
    for (const worker of workers) worker.terminate();
    const store = storeOf(kind, name);
    return { done, list: await sizesIn(store), left: await store.sweepAbandoned({ olderThanSeconds: 0 }) };
  },
  /** Puts until there is no more room, deletes everything, and puts again. */
  full: async (kind: string, name: string) => {
    const store = storeOf(kind, name);
    const put = (seed: number): Promise<unknown> => {
      const bytes = filled(3 * 1024 * 1024, seed);
      return store.put(
        digestOf(bytes),
        streamSource(() => bytesSource(bytes).open()),
      );
    };
    let count = 0;
    const error = await errorOf(async () => {
      for (; count < 30; count++) await put(count + 1);
    });
    const sizes = await sizesIn(store);
    for await (const { digest } of store.list()) await store.delete(digest);
    await put(1);
    return { code: error.code, whole: sizes.length === count && count > 0, list: await sizesIn(store) };
  },
  persistence: async (kind: string, name: string) => {
    const { persisted, usage, quota } = await storeOf(kind, name).persistence();
    return { persisted: typeof persisted, usage: typeof usage, quota: typeof quota };
  },
  /** A database that others made, or have open. */
  databases: async (_kind: string, name: string) => {
    const made = async (own: string, version: number, stores: readonly string[]): Promise<IDBDatabase> =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(own, version);
        request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('not opened'));
      });
    const stat = (own: string): Promise<unknown> => indexedDbBlobStore({ name: own }).stat(digestOf(filled(1, 1)));
    const outcome = async (own: string): Promise<unknown> => {
      const { code, retryable } = await errorOf(() => stat(own));
      return code === undefined ? 'works' : [code, retryable];
    };
    const open = await made(`${name}-open`, 1, []);
    const blocked = await outcome(`${name}-open`);
    open.close();
    (await made(`${name}-other`, 1, ['things'])).close();
    (await made(`${name}-same`, 2, ['things'])).close();
    (await made(`${name}-newer`, 3, [])).close();
    return {
      blocked,
      closed: await outcome(`${name}-open`),
      other: await outcome(`${name}-other`),
      same: await outcome(`${name}-same`),
      newer: await outcome(`${name}-newer`),
    };
  },
  /** A newer version of a page upgrades, or deletes, what this one has open. */
  deleted: async (_kind: string, name: string) => {
    const store = indexedDbBlobStore({ name });
    const bytes = filled(1000, 1);
    await store.put(digestOf(bytes), bytesSource(bytes));
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = resolve;
      request.onblocked = () => reject(new Error('blocked'));
    });
    return { before: await sizesIn(store), put: await store.put(digestOf(bytes), bytesSource(bytes)) };
  },
};
