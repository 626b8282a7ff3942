import { HttpFailure } from '../../../http/http-failure.ts';
import { RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { gatherBlob, smallBytes, type BlobContent } from './blob-content.ts';
import { sendParts, takesNoParts } from './upload-parts.ts';
import type { UploadRecord } from './upload-records.ts';
import { waitForRetry } from './upload-retry.ts';
import {
  cancelSession,
  commitUrl,
  openSession,
  pushScope,
  refreshSession,
  type UploadSession,
  type UploadTarget,
} from './upload-session.ts';

/** What an upload is made with. */
export interface UploadOptions extends OperationOptions {
  readonly descriptor: Descriptor;
  readonly content: BlobContent;
  /** An upload that was begun already. */
  readonly begun?: UploadSession | undefined;
  readonly record?: UploadRecord | undefined;
  /** True where the registry has the blob by now, as after a cut whose answer nobody heard. */
  readonly isThere: () => Promise<boolean>;
}

/** As many bytes more than at the failure before are progress: all attempts begin anew. */
const progressBytes = 1 << 20;

/**
 * Brings one blob to a registry: in one PUT where that is taken, else in parts. Goes on after a cut where the registry
 * says what it has, else begins anew. A session that will not be used any more is cancelled.
 */
export async function upload(target: UploadTarget, options: UploadOptions): Promise<void> {
  const run = new UploadRun(target, options);
  try {
    await run.begin();
    await run.toEnd();
  } catch (error) {
    await run.giveUp(error);
    options.signal?.throwIfAborted();
    throw options.content.failure()?.error ?? error;
  }
  await run.finish();
}

/** How long an upload has to rest before it counts as left, in milliseconds, and how often that is looked at. */
const [restMs, looks] = [500, 3];

/** One blob on its way, over as many sessions as it takes. */
class UploadRun {
  readonly #target: UploadTarget;
  readonly #options: UploadOptions;
  #session: UploadSession | undefined;
  /** undefined where there is none, and as soon as another process has it. */
  #record: UploadRecord | undefined;
  /** True as soon as the registry has refused to take everything in one request. */
  #parts: boolean;
  /** False as soon as the registry has refused bytes that continue others. */
  #resumable = true;
  /** How often the registry has forgotten an upload that it had begun. */
  #forgotten = 0;

  constructor(target: UploadTarget, options: UploadOptions) {
    this.#target = target;
    this.#options = options;
    this.#record = options.record;
    this.#parts = options.content.size > (target.connection.profile.maxBodyBytes ?? Infinity);
  }

  /** Takes the session that a former process has left, or opens one. */
  async begin(): Promise<void> {
    const { begun } = this.#options;
    const left = begun === undefined ? await this.#record?.find() : undefined;
    const known = left !== undefined && (await this.#canContinue(left));
    if (known && (await this.#isLeft(left)) && (await this.#remember(left))) {
      this.#session = left;
    } else {
      // A process that is still at it keeps its record.
      if (known) this.#record = undefined;
      else if (left !== undefined) await cancelSession(this.#target, left);
      await this.#open(begun);
    }
  }

  async #open(begun?: UploadSession): Promise<UploadSession> {
    const session = begun ?? (await openSession(this.#target, this.#options));
    this.#session = session;
    if (this.#options.content.size > 0) await this.#remember(session);
    return session;
  }

  /** False where another process has written the record since. It goes on with the upload, or has one of its own. */
  async #remember(session: UploadSession): Promise<boolean> {
    if (this.#record === undefined || (await this.#record.save(session))) return true;
    this.#record = undefined;
    return false;
  }

  /** True where an upload rests: what still grows is sent by a process that lives. */
  async #isLeft(session: UploadSession): Promise<boolean> {
    for (let look = 0; look < looks; look++) {
      const { offset } = session;
      await this.#target.connection.client.clock.sleep(restMs, this.#options.signal);
      if (!(await this.#canContinue(session))) return false;
      if (session.offset === offset) return true;
    }
    return false;
  }

  async #canContinue(session: UploadSession): Promise<boolean> {
    if (takesNoParts(this.#target.connection.profile)) return false;
    if (!(await refreshSession(this.#target, session, this.#options))) return false;
    return session.offset > 0 && session.offset <= this.#options.content.size;
  }

  async toEnd(): Promise<void> {
    let [failures, mark] = [0, 0];
    for (;;) {
      const session = this.#session ?? (await this.#open());
      const start = session.offset;
      try {
        await (this.#parts ? this.#sendParts(session) : this.#sendWhole(session));
        if (this.#session !== undefined) return;
      } catch (error) {
        if (this.#options.content.failure() !== undefined) throw error;
        if (await this.#changesWay(error, session, start)) continue;
        if (session.offset - mark >= progressBytes) [failures, mark] = [0, session.offset];
        if (!(await waitForRetry(this.#target.connection, error, failures++, this.#options))) throw error;
        if (await this.#options.isThere()) return;
        await this.#recover(session);
      }
    }
  }

  /** After a cut: goes on where the registry says that it has something, else with another session. */
  async #recover(session: UploadSession): Promise<void> {
    if (this.#resumable && (await this.#canContinue(session))) return;
    await this.#drop(session);
  }

  /** True where a refusal leaves another way to try: from the start, or in parts. */
  async #changesWay(error: unknown, session: UploadSession, start: number): Promise<boolean> {
    this.#options.signal?.throwIfAborted();
    if (start > 0 && this.#resumable && isRefusal(error)) {
      this.#resumable = false;
      await this.#drop(session);
      return true;
    }
    if (isForgotten(error) && ++this.#forgotten < this.#target.connection.client.policy.attempts) {
      this.#session = undefined;
      return true;
    }
    if (this.#parts || takesNoParts(this.#target.connection.profile) || !wantsParts(error)) return false;
    this.#parts = true;
    await this.#drop(session);
    return true;
  }

  async #drop(session: UploadSession): Promise<void> {
    this.#session = undefined;
    await cancelSession(this.#target, session);
  }

  async #sendWhole(session: UploadSession): Promise<void> {
    const { content } = this.#options;
    const body = content.whole(session.offset);
    if (body !== undefined) return this.#commit(session, body, content.size);
    if (!takesNoParts(this.#target.connection.profile)) {
      this.#parts = true;
      return this.#sendParts(session);
    }
    const blob = await gatherBlob(content, session.offset);
    return this.#commit(session, () => blob, content.size);
  }

  async #sendParts(session: UploadSession): Promise<void> {
    const { content } = this.#options;
    const onPart = async (): Promise<boolean> => {
      const ours = await this.#remember(session);
      if (!ours) this.#session = undefined;
      return ours;
    };
    await sendParts(this.#target, session, content, { ...this.#options, onPart });
    if (this.#session === session) await this.#commit(session, undefined, content.size);
  }

  /** The last request of an upload, with the rest of the bytes or without any. */
  async #commit(session: UploadSession, body: (() => BodyInit) | undefined, size: number): Promise<void> {
    const { descriptor, signal } = this.#options;
    const { offset } = session;
    const length = body === undefined ? 0 : size - offset;
    const answer = await this.#target.connection.ask(commitUrl(session, descriptor.digest), {
      method: 'PUT',
      headers: {
        'content-type': 'application/octet-stream',
        ...(length > 0 ? { 'content-length': String(length) } : {}),
        ...(offset > 0 && length > 0 ? { 'content-range': `${offset}-${size - 1}` } : {}),
      },
      ...(body === undefined || length === 0 ? {} : { body }),
      scopes: pushScope(this.#target.repository),
      expect: [200, 201, 202, 204],
      repeatable: false,
      // A registry hashes and moves what it was sent, which takes no time worth waiting for where that is little.
      patient: size > smallBytes,
      signal,
    });
    await answer.discard();
  }

  /** Leaves no record of an upload that is done. */
  async finish(): Promise<void> {
    await this.#record?.remove();
  }

  /** Leaves a session that another process can go on with, and cancels every other one. */
  async giveUp(error: unknown): Promise<void> {
    const { content, signal } = this.#options;
    const interrupted = signal?.aborted === true || (error instanceof RegistryError && error.retryable);
    if (this.#record !== undefined && interrupted && content.failure() === undefined) return;
    if (this.#session !== undefined) await cancelSession(this.#target, this.#session);
    await this.finish();
  }
}

function isRefusal(error: unknown): boolean {
  const { status = 0 } = error instanceof RegistryError ? error : {};
  return status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 408 && status !== 429;
}

/** True where a registry does not know the upload, as one of several machines that do not tell each other. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof RegistryError) || error.status !== 404) return false;
  const codes = error.details['codes'];
  return Array.isArray(codes) && codes.includes('BLOB_UPLOAD_UNKNOWN');
}

/** Statuses of a registry, or of a proxy before it, that takes the same bytes in smaller requests. */
const tooMuchAtOnce = [400, 405, 411, 413, 416, 501];

function wantsParts(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  if (error.cause instanceof HttpFailure && error.cause.kind === 'redirect') return true;
  const codes = error.details['codes'];
  if (Array.isArray(codes) && codes.some((code) => code === 'DIGEST_INVALID' || code === 'SIZE_INVALID')) return false;
  return tooMuchAtOnce.includes(error.status ?? 0);
}
