import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf, type Digest } from '../../../../src/digest/digest.ts';
import type { ListEntry } from '../../../../src/adapters/registry/http/list-entries.ts';
import { updateList, type ListVersion, type SharedList } from '../../../../src/adapters/registry/http/update-list.ts';

function entry(text: string): ListEntry {
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(utf8(text)), size: 1 };
  return { descriptor, members: descriptor };
}

/** A clock of its own: time jumps to the next thing that waits, once everybody waits. */
class VirtualTime {
  now = 0;
  readonly #random: () => number;
  readonly #waiting: { at: number; wake: () => void }[] = [];

  constructor(seed: number) {
    let state = seed;
    this.#random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  readonly clock = {
    now: (): number => this.now,
    random: (): number => this.#random(),
    sleep: (ms: number): Promise<void> =>
      new Promise((wake) => {
        this.#waiting.push({ at: this.now + ms, wake });
      }),
  };

  async run(work: Promise<unknown>): Promise<void> {
    const state = { done: false };
    const end = (): void => {
      state.done = true;
    };
    void work.then(end, end);
    while (!state.done) {
      // Everything that can go on does so in microtasks.
      for (let turn = 0; turn < 40; turn++) await Promise.resolve();
      this.#waiting.sort((a, b) => a.at - b.at);
      const next = this.#waiting.shift();
      if (next === undefined) continue;
      this.now = next.at;
      next.wake();
    }
    await work;
  }
}

/** A tag that anybody overwrites, each request taking its time on the way there and back. */
class Tag {
  entries: ReadonlyMap<Digest, ListEntry> | undefined;
  readonly deleted = new Set<Digest>();
  writes = 0;
  readonly #time: VirtualTime;
  readonly #latency: () => number;

  constructor(time: VirtualTime, latency: () => number) {
    this.#time = time;
    this.#latency = latency;
  }

  list(): SharedList {
    const travel = (): Promise<void> => this.#time.clock.sleep(this.#latency());
    return {
      id: 'list',
      read: async (): Promise<ListVersion | undefined> => {
        await travel();
        const { entries } = this;
        await travel();
        return entries && { entries, etag: undefined };
      },
      write: async (entries) => {
        await travel();
        this.writes++;
        this.entries = new Map(entries.map((one) => [one.descriptor.digest, one]));
        await travel();
        return true;
      },
      has: async (digest) => {
        await travel();
        return !this.deleted.has(digest);
      },
    };
  }
}

const nothing = new Set<Digest>();
const adding = (one: ListEntry) => ({ add: new Map([[one.descriptor.digest, one]]), remove: nothing });
const removing = (one: ListEntry) => ({
  add: new Map<Digest, ListEntry>(),
  remove: new Set([one.descriptor.digest]),
});

describe('updateList', () => {
  it.each([2, 3, 10])(
    'loses no entry of %i writers, whatever the latency, over hundreds of rounds',
    async (writers) => {
      for (let seed = 1; seed <= 200; seed++) {
        const time = new VirtualTime(seed);
        // A read and a write travel four ways, and must take less than the watch: each way up to a fifth of a second.
        const slowest = 20 + (seed % 10) * 20;
        const tag = new Tag(time, () => time.clock.random() * slowest);
        const entries = Array.from({ length: writers }, (_, index) => entry(`${seed}-${index}`));
        const work = entries.map(async (one) => {
          await time.clock.sleep(time.clock.random() * (seed % 3) * 700);
          await updateList(tag.list(), adding(one), time.clock, undefined);
        });
        await time.run(Promise.all(work));
        expect([seed, tag.entries?.size]).toEqual([seed, writers]);
      }
    },
  );

  it('loses nothing where some take out what is deleted while others add', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const time = new VirtualTime(seed);
      const tag = new Tag(time, () => time.clock.random() * 150);
      const old = ['a', 'b', 'c'].map(entry);
      tag.entries = new Map(old.map((one) => [one.descriptor.digest, one]));
      const added = ['d', 'e', 'f', 'g'].map(entry);
      const work = [
        ...added.map((one) => ({ one, change: adding(one) })),
        ...old.slice(0, 2).map((one) => ({ one, change: removing(one) })),
      ].map(async ({ one, change }) => {
        await time.clock.sleep(time.clock.random() * 500);
        if (change.remove.size > 0) tag.deleted.add(one.descriptor.digest);
        await updateList(tag.list(), change, time.clock, undefined);
      });
      await time.run(Promise.all(work));
      const left = [...tag.entries.keys()].sort();
      expect([seed, left]).toEqual([
        seed,
        ['c', 'd', 'e', 'f', 'g'].map((text) => entry(text).descriptor.digest).sort(),
      ]);
    }
  });

  it('writes once where nobody else writes', async () => {
    const time = new VirtualTime(1);
    const tag = new Tag(time, () => 10);
    await time.run(updateList(tag.list(), adding(entry('a')), time.clock, undefined));
    expect(tag.writes).toBe(1);
    expect(time.now).toBeLessThan(2000);
  });

  it('writes nothing where the entry is there, or not there to be removed', async () => {
    const time = new VirtualTime(1);
    const tag = new Tag(time, () => 10);
    await time.run(updateList(tag.list(), removing(entry('a')), time.clock, undefined));
    tag.entries = new Map([[entry('a').descriptor.digest, entry('a')]]);
    await time.run(updateList(tag.list(), adding(entry('a')), time.clock, undefined));
    expect(tag.writes).toBe(0);
  });

  it('gives up where another undoes every write', async () => {
    const time = new VirtualTime(1);
    const list = { ...new Tag(time, () => 1).list(), read: () => Promise.resolve(undefined) };
    const work = updateList(list, adding(entry('a')), time.clock, undefined);
    await expect(time.run(work)).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
  });

  it('gives up a condition that fails although nothing has changed', async () => {
    const time = new VirtualTime(1);
    const tag = new Tag(time, () => 1);
    const conditions: unknown[] = [];
    const list = tag.list();
    const guarded: SharedList = {
      ...list,
      write: async (entries, condition, signal) => {
        conditions.push(condition);
        return condition === undefined ? list.write(entries, condition, signal) : false;
      },
    };
    await time.run(updateList(guarded, adding(entry('a')), time.clock, undefined));
    expect(conditions).toEqual([null, undefined]);
    expect(tag.entries?.size).toBe(1);
  });

  it('reads again after a write that takes longer than what it was made from is good for', async () => {
    const list: SharedList = {
      ...new Tag(new VirtualTime(1), () => 1).list(),
      read: () => Promise.resolve(undefined),
      write: (_, __, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
      has: () => Promise.resolve(true),
    };
    const controller = new AbortController();
    let waits = 0;
    const clock = {
      now: () => 0,
      random: () => 0,
      sleep: () => {
        waits++;
        controller.abort(new Error('enough'));
        return Promise.resolve();
      },
    };
    await expect(updateList(list, adding(entry('a')), clock, controller.signal)).rejects.toThrow('enough');
    expect(waits).toBe(1);
  });
});
