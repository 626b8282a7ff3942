import type { Digest } from '../../../digest/digest.ts';
import { RegistryError, StoreError } from '../../../errors.ts';
import type { HttpClock } from '../../../http/retry.ts';
import type { ListEntry } from './list-entries.ts';

/** A list of referrers under a tag: read as a whole and written as a whole, by anybody. */
export interface SharedList {
  /** Names the list in errors. */
  readonly id: string;
  /** The list as it is; undefined where there is none. */
  read(signal: AbortSignal | undefined): Promise<ListVersion | undefined>;
  /**
   * Writes the list; `condition` is the entity tag that it must still have, null where it must not be there, undefined
   * for whatever it is now. False where the condition does not hold.
   */
  write(entries: readonly ListEntry[], condition: string | null | undefined, signal: AbortSignal): Promise<boolean>;
  /** True where the manifest of an entry is still there. */
  has(digest: Digest, signal: AbortSignal | undefined): Promise<boolean>;
}

/** What a list was when it was read. */
export interface ListVersion {
  readonly entries: ReadonlyMap<Digest, ListEntry>;
  readonly etag: string | undefined;
}

/** What is to be in a list, and what is not. */
export interface ListChange {
  readonly add: ReadonlyMap<Digest, ListEntry>;
  readonly remove: ReadonlySet<Digest>;
}

// How long a read and the write that follows it may take, for any writer: by then its write has come, and what it
// overwrote is missed. A writer that is slower itself, or meets slowness, watches longer.
const minWatchMs = 1000;
const maxWatchMs = 30_000;
const watchFactor = 4;
const maxWrites = 50;
const maxFailures = 10;
const maxRetryAfterMs = 60_000;

/**
 * Changes a list that registries do not protect: most ignore `If-Match`, so that a writer who read earlier and writes
 * later undoes what came in between, and only the one who lost can notice.
 *
 * Whoever writes therefore looks again, the last time when every read that was older than its write has led to its own
 * write, and puts back whatever it has seen in the list and does not find there any more (unless its manifest was
 * deleted). So each entry is guarded by the last writer who wrote it: a write without it can only come within the watch
 * of that one, who then writes it again. Nothing is lost, however many write, as long as they all do this, and no read
 * and write take together longer than the watch: a second, or four times what it takes here. What other tools write
 * without looking again may still be lost to them; it is kept where it was seen.
 *
 * @throws StoreError `ERR_CONFLICT` where others keep undoing the change.
 */
export async function updateList(
  list: SharedList,
  change: ListChange,
  clock: HttpClock,
  signal: AbortSignal | undefined,
): Promise<void> {
  const update = new ListUpdate(list, change, clock, signal);
  while (!(await update.step()));
}

/** The waits between looks before the last, as parts of the watch: they agree soon where many write. */
const waits = [1 / 8, 1 / 4];

class ListUpdate {
  readonly #list: SharedList;
  readonly #clock: HttpClock;
  readonly #signal: AbortSignal | undefined;
  /** Everything that must be there: what is added, and what was seen. */
  readonly #known: Map<Digest, ListEntry>;
  readonly #gone: Set<Digest>;
  /** What was lost, and may be put back because its manifest is there. */
  readonly #there = new Set<Digest>();
  /** What is added is watched also where it was there before: who put it there may not live to do it. */
  #watching: boolean;
  #watchMs = minWatchMs;
  #writes = 0;
  #failures = 0;
  /** How many waits since the last write led to a look at which all was well. */
  #calm = 0;
  /** When the watch began: with the last write, or else with the first look. */
  #since: number;
  #failed: { readonly condition: string | null | undefined } | undefined;

  constructor(list: SharedList, change: ListChange, clock: HttpClock, signal: AbortSignal | undefined) {
    this.#list = list;
    this.#clock = clock;
    this.#signal = signal;
    this.#known = new Map(change.add);
    this.#gone = new Set(change.remove);
    this.#watching = change.add.size > 0;
    this.#since = clock.now();
  }

  /** One look, and what follows from it. True at the end of the watch. */
  async step(): Promise<boolean> {
    this.#signal?.throwIfAborted();
    const readAt = this.#clock.now();
    const version = await this.#list.read(this.#signal);
    for (const [digest, entry] of version?.entries ?? []) {
      if (!this.#gone.has(digest) && !this.#known.has(digest)) this.#known.set(digest, entry);
    }
    if (this.#isRight(version)) {
      if (!this.#watching || this.#calm > waits.length) return true;
    } else {
      // What asks takes time, and the list is old by then: it is read again.
      if (this.#writes > 0 && (await this.#askForLost(version))) return false;
      await this.#write(version, readAt);
    }
    await this.#wait();
    return false;
  }

  #isRight(version: ListVersion | undefined): boolean {
    const stale = [...this.#gone].some((digest) => version?.entries.has(digest) === true);
    return !stale && this.#missing(version).length === 0;
  }

  #missing(version: ListVersion | undefined): readonly Digest[] {
    return [...this.#known.keys()].filter((digest) => version?.entries.has(digest) !== true);
  }

  /** What was lost was overwritten or deleted: only its manifest tells. False where nothing had to be asked. */
  async #askForLost(version: ListVersion | undefined): Promise<boolean> {
    const lost = this.#missing(version).filter((digest) => !this.#there.has(digest));
    for (const digest of lost) {
      if (await this.#list.has(digest, this.#signal)) {
        this.#there.add(digest);
      } else {
        this.#known.delete(digest);
        this.#gone.add(digest);
      }
    }
    return lost.length > 0;
  }

  async #write(version: ListVersion | undefined, readAt: number): Promise<void> {
    if (this.#writes++ === maxWrites) throw undone(this.#list.id);
    this.#watching = true;
    this.#calm = 0;
    this.#there.clear();
    const condition = version === undefined ? null : version.etag;
    // A condition that failed although nothing has changed is of no use: a proxy may make up the entity tag.
    const usable = this.#failed?.condition !== condition || this.#failed === undefined;
    this.#watchFor(this.#clock.now() - readAt);
    const written = await this.#send(version, usable ? condition : undefined, readAt);
    this.#failed = written ? undefined : { condition };
    this.#since = this.#clock.now();
    this.#watchFor(this.#since - readAt);
  }

  /** Sees to it that the watch is long enough for others whose reads and writes take as long. */
  #watchFor(took: number): void {
    this.#watchMs = Math.min(Math.max(this.#watchMs, watchFactor * took), maxWatchMs);
  }

  /**
   * False where the condition did not hold. A write that has not come within the watch of what it was made from is given
   * up: others look no longer than that.
   */
  async #send(
    version: ListVersion | undefined,
    condition: string | null | undefined,
    readAt: number,
  ): Promise<boolean> {
    const entries = new Map([...(version?.entries ?? []), ...this.#known]);
    for (const digest of this.#gone) entries.delete(digest);
    const late = new Error(`read and write of ${this.#list.id} took more than ${this.#watchMs} ms`);
    const controller = new AbortController();
    const timer = setTimeout(
      () => {
        controller.abort(late);
      },
      readAt + this.#watchMs - this.#clock.now(),
    );
    const stop = (): void => {
      controller.abort(this.#signal?.reason);
    };
    this.#signal?.addEventListener('abort', stop, { once: true });
    try {
      return await this.#list.write([...entries.values()], condition, controller.signal);
    } catch (error) {
      if (error === late) this.#watchMs = Math.min(this.#watchMs * 2, maxWatchMs);
      else await this.#afterFailure(error);
      return true;
    } finally {
      clearTimeout(timer);
      this.#signal?.removeEventListener('abort', stop);
    }
  }

  /** A write that failed in passing may have come all the same: the next look tells. It is not sent again as it is. */
  async #afterFailure(error: unknown): Promise<void> {
    if (!(error instanceof RegistryError) || !error.retryable || ++this.#failures === maxFailures) throw error;
    const asked = error.details['retryAfterMs'];
    if (typeof asked === 'number') await this.#clock.sleep(Math.min(asked, maxRetryAfterMs), this.#signal);
  }

  /**
   * Waits for the next look. The last one comes when the watch is over, never earlier; the others differ, so that writers
   * do not go on in step.
   */
  async #wait(): Promise<void> {
    const part = waits[this.#calm++];
    const random = this.#clock.random();
    const ms =
      part === undefined
        ? this.#since + this.#watchMs * (1 + random / 4) - this.#clock.now()
        : part * this.#watchMs * (0.5 + random) * Math.min(1 + this.#writes / 4, 3);
    await this.#clock.sleep(Math.max(ms, 0), this.#signal);
  }
}

function undone(id: string): StoreError {
  return new StoreError('ERR_CONFLICT', `${id} was overwritten by others ${maxWrites} times`, {
    retryable: true,
    hint: 'the manifest was put, and is not in the list yet: put it again when fewer write at the same time',
  });
}
