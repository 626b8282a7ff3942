import { checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Metadata } from './document.ts';
import { fetchTarget } from './fetch-target.ts';
import { findTarget, type TufTarget } from './find-target.ts';
import { initialRoot } from './initial-root.ts';
import { againstOthers, keptMetadata, type TufStore } from './kept-metadata.ts';
import { checkLimits, type TufLimits } from './limits.ts';
import { targetPath } from './mirror-path.ts';
import type { TufMirror } from './mirror.ts';
import type { Root, Snapshot, Targets, Timestamp } from './roles.ts';
import { sharedRun } from './shared-run.ts';
import { updateRoot } from './update-root.ts';
import { updateSnapshot } from './update-snapshot.ts';
import { updateTargets } from './update-targets.ts';
import { updateTimestamp } from './update-timestamp.ts';
import type { Update } from './update.ts';

/** What a client is made of. */
export interface TufClientOptions {
  /** The root that the caller trusts, as bytes, text or parsed JSON. How it came here is the caller's care. */
  readonly root: Uint8Array | string | object;
  /** Where metadata is. */
  readonly metadata: TufMirror;
  /** Where targets are; below `targets/` of the metadata by default. */
  readonly targets?: TufMirror | undefined;
  /**
   * Keeps what was trusted, so that the next run notices when it is shown something older. Whoever can write to it can
   * undo that, and nothing else: all that is kept is verified again, from `root` on.
   */
  readonly store: TufStore;
  /** Takes metadata that is too large for a record (1 MiB), and keeps targets, so that none is fetched twice. */
  readonly blobs?: BlobStore | undefined;
  /** What keys in the store begin with: one name for each repository. `tuf` by default. */
  readonly name?: string | undefined;
  /** The clock: milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
  readonly limits?: Partial<TufLimits> | undefined;
}

/** A version of metadata, and until when it is good. */
export interface TufVersion {
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** What a refresh ended at. */
export interface TufState {
  readonly root: TufVersion;
  readonly timestamp: TufVersion;
  readonly snapshot: TufVersion;
  readonly targets: TufVersion;
}

/** A target with its bytes, all of which were checked. */
export interface FetchedTarget extends TufTarget {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A client of one repository. */
export interface TufClient {
  /**
   * Updates root, timestamp, snapshot and targets (sections 5.1 to 5.6.6). Until the next refresh, what follows is
   * checked against the time at which it began.
   */
  refresh(options?: Pick<OperationOptions, 'signal'>): Promise<TufState>;
  /** What is said of a target, without fetching it; undefined where no role that is trusted with it lists it. */
  find(name: string, options?: Pick<OperationOptions, 'signal'>): Promise<TufTarget | undefined>;
  /** A target with its bytes; undefined where no role that is trusted with it lists it. */
  target(name: string, options?: Pick<OperationOptions, 'signal'>): Promise<FetchedTarget | undefined>;
}

interface Trusted {
  readonly root: Metadata<Root>;
  readonly timestamp: Metadata<Timestamp>;
  readonly snapshot: Metadata<Snapshot>;
  readonly targets: Metadata<Targets>;
  readonly startedAt: number;
}

/**
 * A client for the update workflow of TUF 1.0 (section 5), over any mirror and any record store.
 *
 * `find` and `target` refresh first where nothing was refreshed yet, or the last refresh failed. Several clients, also
 * in several processes, may share a store: none goes back behind what another one has trusted.
 *
 * @example
 * ```ts
 * const client = tufClient({
 *   root: await readFile('root.json'),
 *   metadata: httpMirror('https://tuf.example/metadata'),
 *   targets: httpMirror('https://tuf.example/targets'),
 *   store: fsRecordStore({ directory: 'trusted' }),
 * });
 * const found = await client.target('tools/installer.tgz');
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing, wrong or unknown. From its methods: FormatError
 * `ERR_TUF_INVALID` for metadata that is malformed, `ERR_LIMIT_EXCEEDED` for too much of it, `ERR_UNSAFE_PATH` for a
 * name with `.` or `..` in it; TrustError `ERR_TUF_SIGNATURE`, `ERR_TUF_ROLLBACK`, `ERR_TUF_EXPIRED`,
 * `ERR_TUF_MISMATCH` for what cannot be believed, `ERR_TUF_UNAVAILABLE` for what cannot be had; StoreError of the store.
 * @see https://theupdateframework.github.io/specification/v1.0.34/
 */
export function tufClient(options: TufClientOptions): TufClient {
  checkClientOptions(options);
  const { metadata, blobs, store, name: prefix = 'tuf', now = Date.now } = options;
  const root = initialRoot(options.root);
  const limits = checkLimits(options.limits);
  const targets = options.targets ?? ((path, asked) => metadata(`targets/${path}`, asked));
  const updateAt = (startedAt: number, signal: AbortSignal | undefined): Update => {
    const maxBytes = Math.max(limits.rootBytes, limits.snapshotBytes, limits.targetsBytes);
    const kept = keptMetadata({ store, blobs, maxBytes, prefix, signal });
    return { mirror: metadata, kept, limits, startedAt, signal };
  };
  const top = sharedRun((signal) => againstOthers(() => updateTop(root, updateAt(timeOf(now), signal))));
  const find = async (name: string, signal?: AbortSignal): Promise<readonly [TufTarget | undefined, Trusted]> => {
    // A name that can be no path is refused before anybody is asked.
    targetPath(name);
    const trusted = await top.latest(signal);
    signal?.throwIfAborted();
    const update = updateAt(trusted.startedAt, signal);
    return [await againstOthers(() => findTarget(name, trusted, update)), trusted];
  };
  return {
    refresh: async ({ signal } = {}) => stateOf(await top.start(signal)),
    find: async (name, { signal } = {}) => (await find(name, signal))[0],
    async target(name, { signal } = {}) {
      const [found, trusted] = await find(name, signal);
      if (found === undefined) return undefined;
      const { consistentSnapshot } = trusted.root.role;
      const place = { mirror: targets, blobs, consistentSnapshot, maxBytes: limits.targetBytes, signal };
      return { ...found, bytes: await fetchTarget(found, place) };
    },
  };
}

function timeOf(now: () => number): number {
  const time = now();
  // Beyond that there are no dates.
  if (Math.abs(time) <= 8.64e15) return time;
  throw new UsageError('ERR_INVALID_ARGUMENT', `now is ${time}, expected milliseconds since 1970`, { argument: 'now' });
}

/** The four roles in the order of section 5. */
async function updateTop(initial: Uint8Array, update: Update): Promise<Trusted> {
  update.signal?.throwIfAborted();
  const root = await updateRoot(initial, update);
  const timestamp = await updateTimestamp(root, update);
  const snapshot = await updateSnapshot(root, timestamp, update);
  const targets = await updateTargets('targets', root.role.roles.targets, { root, snapshot }, update);
  return { root, timestamp, snapshot, targets, startedAt: update.startedAt };
}

function stateOf({ root, timestamp, snapshot, targets }: Trusted): TufState {
  const of = ({ role: { version, expires } }: Metadata<unknown>): TufVersion => ({ version, expires });
  return { root: of(root), timestamp: of(timestamp), snapshot: of(snapshot), targets: of(targets) };
}

const known = ['root', 'metadata', 'targets', 'store', 'blobs', 'name', 'now', 'limits'];

function checkClientOptions(options: TufClientOptions): void {
  checkOptions('tufClient', options, known);
  const { metadata, targets, store, name } = options as Partial<TufClientOptions>;
  if (typeof metadata !== 'function') throw wrong('metadata', 'is no mirror');
  if (targets !== undefined && typeof targets !== 'function') throw wrong('targets', 'is no mirror');
  if (typeof store?.get !== 'function') throw wrong('store', 'is no record store');
  if (name !== undefined && !/^[a-z0-9_-]{1,64}$/i.test(name))
    throw wrong('name', 'has other characters than letters, digits, _ and -');
}

function wrong(argument: string, problem: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `${argument} of tufClient ${problem}`, { argument });
}
