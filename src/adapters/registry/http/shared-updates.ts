import type { Digest } from '../../../digest/digest.ts';
import type { ListEntry } from './list-entries.ts';
import type { ListChange } from './update-list.ts';

/** Changes that wait for their turn, and are made in one. */
interface Batch {
  readonly add: Map<Digest, ListEntry>;
  readonly remove: Set<Digest>;
  /** How many callers still wait; the work ends when there are none. */
  waiting: number;
  readonly abort: AbortController;
  readonly done: PromiseWithResolvers<void>;
}

/** One entry that is to be in a list, or a digest that is not. */
export type EntryChange = { readonly add: ListEntry } | { readonly remove: Digest };

interface Queue {
  next: Batch | undefined;
}

const queues = new WeakMap<object, Map<string, Queue>>();

/**
 * Makes changes to one list one after the other, and those that come while one is made together: many referrers of one
 * subject cost two turns, not one each.
 *
 * @param owner - What the lists belong to, a connection.
 * @param run - Makes a change; its signal fires when nobody waits for it any more.
 */
export function shareUpdate(
  owner: object,
  key: string,
  change: EntryChange,
  run: (change: ListChange, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const lists = queues.get(owner) ?? new Map<string, Queue>();
  queues.set(owner, lists);
  const queue = lists.get(key);
  const batch = queue?.next ?? newBatch();
  include(batch, change);
  if (queue === undefined) {
    const own: Queue = { next: batch };
    lists.set(key, own);
    void runAll(own, run).then(() => lists.delete(key));
  } else {
    queue.next = batch;
  }
  return waitFor(batch, signal);
}

function newBatch(): Batch {
  const done = withResolvers();
  return { add: new Map(), remove: new Set(), waiting: 0, abort: new AbortController(), done };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers(): PromiseWithResolvers<void> {
  let settle: Omit<PromiseWithResolvers<void>, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...(settle as unknown as Omit<PromiseWithResolvers<void>, 'promise'>) };
}

function include({ add, remove }: Batch, change: EntryChange): void {
  if ('add' in change) {
    const { digest } = change.add.descriptor;
    add.set(digest, change.add);
    remove.delete(digest);
  } else {
    remove.add(change.remove);
    add.delete(change.remove);
  }
}

async function runAll(queue: Queue, run: (change: ListChange, signal: AbortSignal) => Promise<void>): Promise<void> {
  for (let batch = queue.next; batch !== undefined; batch = queue.next) {
    queue.next = undefined;
    await run(batch, batch.abort.signal).then(batch.done.resolve, batch.done.reject);
  }
}

async function waitFor(batch: Batch, signal: AbortSignal | undefined): Promise<void> {
  batch.waiting++;
  let stop: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      if (--batch.waiting === 0) batch.abort.abort(signal?.reason);
      // The reason is the caller's, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal?.reason);
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([batch.done.promise, stopped]);
  } finally {
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
  }
}
