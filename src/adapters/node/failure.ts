import { StoreError, type StoreErrorCode } from '../../errors.ts';

/** What a failed file operation was about. */
export interface FailureFacts {
  /** Names the store. */
  readonly store: string;
  readonly action: 'read' | 'write';
  /** What was read or written, for the message: `blob sha256:…`. */
  readonly what: string;
  readonly digest?: string | undefined;
  /** Where it lies, for the hint: errors of files that are open do not say it. */
  readonly place?: string | undefined;
}

/** True for an error of the file system, with one of the codes given where any are. */
export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException & { code: string } {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && syscall !== undefined && (codes.length === 0 || codes.includes(code));
}

/** An error of whoever hands in bytes, as the cause: marked so that it is not taken for one of the store. */
export class SourceFailure extends Error {
  constructor(cause: unknown) {
    super('source failed', { cause });
  }
}

/**
 * The error to throw for what a file operation threw: a `StoreError` for an error of the file system, everything else
 * (aborts, integrity errors, errors of a source) as it is.
 */
export function storeFailure(error: unknown, facts: FailureFacts): unknown {
  if (error instanceof SourceFailure) return error.cause;
  if (!isErrno(error)) return error;
  const { store, action, what, digest, place } = facts;
  return new StoreError(codeOf(error.code, facts), `${what} cannot be ${participle[action]}: ${error.code}`, {
    cause: error,
    store,
    hint: hintOf(error.code, full.includes(error.code) ? (place ?? error.path) : (error.path ?? place)),
    retryable: ['EAGAIN', 'EBUSY', 'EMFILE', 'ENFILE', 'EINTR'].includes(error.code),
    ...(digest === undefined ? {} : { digest }),
  });
}

/** Runs a step, and turns what it throws into the error to throw. */
export async function orStoreFailure<T>(facts: FailureFacts, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw storeFailure(error, facts);
  }
}

/** An error of these is about a disk: it names what is to stay there, and no file on the way. */
const full = ['ENOSPC', 'EDQUOT'];

const participle = { read: 'read', write: 'written' };

function codeOf(code: string, { action, digest }: FailureFacts): StoreErrorCode {
  if (full.includes(code)) return 'ERR_STORE_QUOTA';
  // It was there when it was asked for, and was deleted before it was opened.
  if (code === 'ENOENT' && action === 'read' && digest !== undefined) return 'ERR_BLOB_NOT_FOUND';
  return action === 'read' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE';
}

function hintOf(code: string, path: string | undefined): string | undefined {
  const place = path === undefined ? 'the folder' : JSON.stringify(path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `free some space on the disk of ${place}, or use another folder`;
    case 'EACCES':
    case 'EPERM':
      return `give the user that runs this the right to use ${place}`;
    case 'EROFS':
      return `${place} is on a file system that cannot be written to: use another folder`;
    case 'EMFILE':
    case 'ENFILE':
      return 'raise the limit of open files, or do less at once';
    default:
      return undefined;
  }
}
