import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../errors.ts';
import { storeFailure } from './failure.ts';
import { Folders } from './folders.ts';
import {
  createClaim,
  isStale,
  newClaim,
  readClaim,
  removeClaim,
  staleAfter,
  sweepLock,
  touchClaim,
} from './lock-file.ts';
import { removeFile } from './temporary.ts';
import { enterQueue, leaveQueue } from './wait-queue.ts';

/** How a lock is waited for. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for others before giving up; 30,000 by default. */
  readonly timeout?: number | undefined;
}

const heartbeat = staleAfter / 4;
const longestWait = 100;
const swept = new Set<string>();

/**
 * Runs a task while no other task, in this process or another, runs under the same lock file.
 *
 * The file says who holds it. A lock whose holder was killed is taken over by the next one that wants it; one of a
 * live process never is. Holders on another machine, or in another container, count as dead when they have not
 * touched the file for 20 seconds. The folder of the file is made where it is missing.
 *
 * @throws StoreError `ERR_CONFLICT`, retryable, when the lock cannot be had in time.
 */
export async function withLock<T>(path: string, run: () => T | Promise<T>, options: LockOptions = {}): Promise<T> {
  const file = resolve(path);
  const { signal, timeout = 30_000 } = options;
  const deadline = performance.now() + timeout;
  signal?.throwIfAborted();
  if (!(await enterQueue(file, { signal, timeout }))) throw timedOut(file, timeout);
  try {
    return await holding(file, run, await acquire(file, { signal, timeout, deadline }));
  } finally {
    leaveQueue(file);
  }
}

interface Held {
  readonly nonce: string;
  readonly text: string;
}

async function acquire(
  path: string,
  options: { readonly signal: AbortSignal | undefined; readonly timeout: number; readonly deadline: number },
): Promise<Held> {
  const claim = newClaim();
  const folders = new Folders();
  for (let wait = 2; ; wait = Math.min(wait * 2, longestWait)) {
    options.signal?.throwIfAborted();
    if (attempt(path, claim, folders)) return claim;
    if (performance.now() > options.deadline) throw timedOut(path, options.timeout);
    await pause(wait * (0.5 + Math.random()), options.signal);
  }
}

function attempt(path: string, claim: Held, folders: Folders): boolean {
  try {
    if (folders.within(dirname(path), () => createClaim(path, claim.text))) return true;
    const holder = readClaim(path);
    if (holder !== undefined && isStale(path, holder)) removeClaim(path, holder.nonce);
    return false;
  } catch (error) {
    throw storeFailure(error, { store: path, action: 'write', what: `lock ${path}` });
  }
}

async function holding<T>(path: string, run: () => T | Promise<T>, { nonce, text }: Held): Promise<T> {
  let touched = performance.now();
  const timer = setInterval(() => {
    try {
      touchClaim(path, nonce, text);
      touched = performance.now();
    } catch {
      // The next beat tries again; four may be missed.
    }
  }, heartbeat);
  timer.unref();
  try {
    sweepOnce(path);
    return await run();
  } finally {
    clearInterval(timer);
    release(path, nonce, performance.now() - touched < staleAfter / 2);
  }
}

/** While the lock was touched lately nobody else may remove it, so there is no need for a guard. */
function release(path: string, nonce: string, fresh: boolean): void {
  try {
    if (!fresh) removeClaim(path, nonce);
    else if (readClaim(path)?.nonce === nonce) removeFile(path);
  } catch {
    // The folder is gone or closed to us: there is nothing left to release, and the result of the task counts.
  }
}

function sweepOnce(path: string): void {
  if (swept.has(path)) return;
  swept.add(path);
  sweepLock(path);
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // The error of the timer only wraps the reason.
    signal?.throwIfAborted();
    throw error;
  }
}

function timedOut(path: string, timeout: number): StoreError {
  const holder = readClaim(path)?.owner;
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  return new StoreError('ERR_CONFLICT', `lock ${path} was held by ${who} for more than ${timeout} ms`, {
    store: path,
    hint: 'try again when the other process is done',
    retryable: true,
  });
}
