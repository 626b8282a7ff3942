import { randomId } from '../bytes/random-id.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readJsonRecord, unreadableRecord, writeJsonRecord } from './json-record.ts';

/** The prefix of the records that say who is writing. */
const leasesPrefix = 'leases/';

/** What the clocks of two machines may differ by, in milliseconds. */
export const clockSkew: number = 60_000;

/** A writer that goes on for longer than this is taken for several: else what it met first would stay for ever. */
const longestLease = 24 * 60 * 60 * 1000;

/**
 * When the oldest writer began that still holds a lease, in milliseconds since 1970; Infinity where none does. Leases
 * whose time is over are removed.
 */
export async function oldestLease(
  records: RecordStore,
  now: number,
  options: OperationOptions & { readonly dryRun: boolean },
): Promise<number> {
  const { dryRun, ...operation } = options;
  let oldest = Infinity;
  for await (const { key } of records.list(leasesPrefix, operation)) {
    const lease = await readJsonRecord(records, key, operation);
    if (lease === undefined) continue;
    const { began, expires } = lease.value;
    if (typeof began !== 'number' || typeof expires !== 'number') throw unreadableRecord(key);
    if (expires + clockSkew >= now) oldest = Math.min(oldest, began);
    else if (!dryRun) await records.delete(key, { ...operation, ifVersion: lease.version });
  }
  return oldest;
}

interface HeldLease {
  readonly key: string;
  readonly version: string;
  readonly began: number;
  readonly expires: number;
}

/** The lease of one writer. */
export class Lease {
  readonly #records: RecordStore;
  readonly #milliseconds: number;
  readonly #now: () => number;
  #held: HeldLease | undefined;
  /** Those that were too old to be renewed, and still protect what was put under them. */
  #former: HeldLease[] = [];
  #renewing: Promise<void> = Promise.resolve();

  constructor(records: RecordStore, seconds: number, now: () => number) {
    this.#records = records;
    this.#milliseconds = seconds * 1000;
    this.#now = now;
  }

  /** Takes the lease, or makes sure that half of its time is left. */
  hold(options: OperationOptions): Promise<void> {
    // One after the other, and one that failed does not fail the next.
    this.#renewing = this.#renewing.catch(() => undefined).then(() => this.#renew(options));
    return this.#renewing;
  }

  async #renew(options: OperationOptions): Promise<void> {
    const now = this.#now();
    const alive = this.#alive(now);
    if (alive !== undefined && alive.expires - now > this.#milliseconds / 2) return;
    const key = alive?.key ?? `${leasesPrefix}${randomId()}`;
    const times = { began: alive?.began ?? now, expires: now + this.#milliseconds };
    const version = await writeJsonRecord(this.#records, key, times, alive?.version ?? null, options);
    this.#held = version === undefined ? undefined : { key, version, ...times };
    // A sweep on another clock took it for expired.
    if (version === undefined) await this.#renew(options);
  }

  #alive(now: number): HeldLease | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    if (held.expires > now && now - held.began < longestLease) return held;
    this.#former = [...this.#former, held].filter(({ expires }) => expires > now);
    this.#held = undefined;
    return undefined;
  }

  /** Gives the lease back. */
  async release(options: OperationOptions): Promise<void> {
    await this.#renewing.catch(() => undefined);
    const all = [...this.#former, ...(this.#held === undefined ? [] : [this.#held])];
    this.#former = [];
    this.#held = undefined;
    for (const { key, version } of all) await this.#records.delete(key, { ...options, ifVersion: version });
  }
}
