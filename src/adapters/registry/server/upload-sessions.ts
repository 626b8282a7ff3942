import { isPackError } from '../../../errors.ts';
import type { Ingest } from '../../../ports/blob-store.ts';
import type { Repository } from '../../../ports/registry.ts';
import { Refusal } from './refusal.ts';

/** Bytes on their way into a repository, over several requests. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly ingest: Ingest;
  /** Ends the request that is at it. */
  busy: AbortController | undefined;
  /** Resolves when no request is at it. */
  idle: Promise<void>;
  touched: number;
}

/** What the sessions need to know. */
export interface UploadSessionsOptions {
  readonly limit: number;
  readonly lifetime: number;
  readonly clock: () => number;
}

/** Where there is no room, uploads that nobody has gone on with for so long make some: ten minutes, in milliseconds. */
const restingTime = 600_000;

const idPattern = /^[A-Za-z0-9._~-]{1,200}$/;

/**
 * The uploads that are open. What they have so far is in the store, which knows them by id: a session that this server
 * never saw, as it was started before a restart, is asked for there. One request at a time works on a session.
 */
export class UploadSessions {
  readonly #open = new Map<string, UploadSession>();
  readonly #options: UploadSessionsOptions;

  constructor(options: UploadSessionsOptions) {
    this.#options = options;
  }

  /**
   * Starts an upload.
   *
   * @throws Refusal 429 where too many are open; 405 where the registry takes none.
   */
  async begin(repository: Repository, signal: AbortSignal): Promise<UploadSession> {
    const { limit, lifetime } = this.#options;
    await this.#sweep(lifetime);
    if (this.#open.size >= limit) await this.#sweep(Math.min(lifetime, restingTime));
    if (this.#open.size >= limit) {
      throw new Refusal(429, 'TOOMANYREQUESTS', 'too many uploads are open', { headers: { 'retry-after': '60' } });
    }
    return this.#note(repository.name, await ingestOf(repository, undefined, signal));
  }

  /**
   * The session of an id.
   *
   * @throws Refusal 404 where there is none in this repository.
   */
  async find(repository: Repository, id: string, signal: AbortSignal): Promise<UploadSession> {
    if (!idPattern.test(id)) throw unknownUpload();
    const known = this.#open.get(keyOf(repository.name, id));
    if (known !== undefined) {
      this.#touch(known);
      return known;
    }
    try {
      const ingest = await ingestOf(repository, id, signal);
      // Two requests may have asked at the same time.
      return this.#open.get(keyOf(repository.name, id)) ?? this.#note(repository.name, ingest);
    } catch (error) {
      if (isPackError(error) && error.code === 'ERR_BLOB_NOT_FOUND') throw unknownUpload();
      if (isPackError(error) && error.code === 'ERR_CONFLICT') throw uploadBusy();
      throw error;
    }
  }

  /**
   * Runs a step of a session while no other request works on it.
   *
   * @throws Refusal 409 where one does.
   */
  async alone<T>(session: UploadSession, signal: AbortSignal, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (session.busy !== undefined) throw uploadBusy();
    const busy = new AbortController();
    const { promise, resolve } = withResolvers();
    session.busy = busy;
    session.idle = promise;
    try {
      return await run(AbortSignal.any([signal, busy.signal]));
    } catch (error) {
      // The store has none of it any more, as after a commit whose end failed: who asks begins anew.
      if (!isPackError(error) || error.code !== 'ERR_BLOB_NOT_FOUND') throw error;
      this.end(session);
      throw unknownUpload();
    } finally {
      session.busy = undefined;
      this.#touch(session);
      resolve();
    }
  }

  /** Forgets a session, and what came. A request that is at it is ended. */
  async cancel(session: UploadSession): Promise<void> {
    this.end(session);
    session.busy?.abort(unknownUpload());
    await session.idle;
    await session.ingest.abort();
  }

  /** Forgets a session that is finished. */
  end(session: UploadSession): void {
    this.#open.delete(keyOf(session.repository, session.id));
  }

  #note(repository: string, ingest: Ingest): UploadSession {
    const { id } = ingest;
    const touched = this.#options.clock();
    const session = { id, repository, ingest, busy: undefined, idle: Promise.resolve(), touched };
    this.#open.set(keyOf(repository, id), session);
    return session;
  }

  /** Keeps the sessions in the order in which they were last used. */
  #touch(session: UploadSession): void {
    const key = keyOf(session.repository, session.id);
    session.touched = this.#options.clock();
    if (this.#open.delete(key)) this.#open.set(key, session);
  }

  /** Forgets what nobody went on with for so long. */
  async #sweep(age: number): Promise<void> {
    const before = this.#options.clock() - age;
    for (const session of this.#open.values()) {
      if (session.touched >= before) return;
      if (session.busy === undefined) await this.cancel(session);
    }
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function keyOf(repository: string, id: string): string {
  return `${repository} ${id}`;
}

async function ingestOf(repository: Repository, id: string | undefined, signal: AbortSignal): Promise<Ingest> {
  const { blob } = repository;
  if (blob.ingest === undefined) throw new Refusal(405, 'UNSUPPORTED', 'this registry takes no uploads');
  return blob.ingest(id, { signal });
}

function unknownUpload(): Refusal {
  return new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'upload is not open in this repository');
}

function uploadBusy(): Refusal {
  return new Refusal(409, 'BLOB_UPLOAD_INVALID', 'another request works on this upload', {
    headers: { 'retry-after': '1' },
  });
}
