import type { BlobStat } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository } from '../../../ports/registry.ts';
import { orStoreFailure } from './failure.ts';
import { readPin, tagPrefix } from './pin.ts';

/** How many pins are read at once. */
const atOnce = 8;

/** What the pins of a repository name. Tags come in order, so those before and behind the pins are never asked for. */
export async function* listPinned(repository: Repository, options: OperationOptions): AsyncGenerator<BlobStat> {
  const attempt = { store: repository.id, action: 'read', what: 'list of blobs' } as const;
  const tags = repository.tags({ ...options, after: tagPrefix })[Symbol.asyncIterator]();
  try {
    for (let more = true; more;) {
      const names: string[] = [];
      while (more && names.length < atOnce) {
        const next = await orStoreFailure(attempt, () => tags.next());
        if (next.done !== true && next.value.startsWith(tagPrefix)) names.push(next.value);
        else more = false;
      }
      const read = names.map((tag) => readPin(repository, tag, options));
      for (const pinned of await orStoreFailure(attempt, () => Promise.all(read))) {
        options.signal?.throwIfAborted();
        // One that was deleted meanwhile is no longer there.
        if (pinned !== undefined) yield pinned;
      }
    }
  } finally {
    await tags.return?.();
  }
}
