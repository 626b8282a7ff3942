import { isPackError, StoreError } from '../../../errors.ts';

/** What was tried in which store of a browser. */
export interface Attempt {
  readonly store: string;
  readonly action: 'read' | 'write';
  /** `blob sha256:…` */
  readonly what: string;
  readonly digest?: string | undefined;
}

/** What a browser says, as an error of a store. */
export function browserFailure(error: unknown, { store, action, what, digest }: Attempt): unknown {
  if (isPackError(error)) return error;
  const facts = { cause: error, store, ...(digest === undefined ? {} : { digest }) };
  const name = nameOf(error);
  if (name === 'QuotaExceededError') {
    return new StoreError('ERR_STORE_QUOTA', `${what} does not fit: the browser gives this origin no more room`, {
      ...facts,
      hint: 'delete what is not needed, or ask for persistent storage, which may have more room',
    });
  }
  const [code, verb] =
    action === 'read' ? (['ERR_STORE_READ', 'read'] as const) : (['ERR_STORE_WRITE', 'written'] as const);
  const retryable = name === 'NoModificationAllowedError' || name === 'AbortError';
  return new StoreError(code, `${what} cannot be ${verb}: ${messageOf(error)}`, { ...facts, retryable });
}

/** Runs what asks the browser, and nothing of the caller's: what a source or a signal says is no failure of a store. */
export async function attempt<T>(facts: Attempt, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw browserFailure(error, facts);
  }
}

/** The name of a DOMException, `NotFoundError` for example. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.trim()}` : String(error);
}
