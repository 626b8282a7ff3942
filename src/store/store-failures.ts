import type { Digest } from '../digest/digest.ts';
import { isPackError, StoreError } from '../errors.ts';
import type { BlobStore } from '../ports/blob-store.ts';
import { isCorrupt, problemOf } from './blob-problem.ts';

/** Why a store did not serve a blob. */
export interface StoreFailure {
  /** The id of the store. */
  readonly store: string;
  readonly reason: 'missing' | 'corrupt' | 'failed';
  /** The code of the error, where there is one of packwright. */
  readonly code?: string | undefined;
  readonly message: string;
}

/** What each store said that was asked, in their order. */
export class StoreFailures {
  readonly #digest: Digest;
  readonly #failures: { readonly store: BlobStore; readonly facts: StoreFailure; readonly error?: unknown }[] = [];

  constructor(digest: Digest) {
    this.#digest = digest;
  }

  missing(store: BlobStore): void {
    this.#failures.push({ store, facts: { store: store.id, reason: 'missing', message: 'does not have it' } });
  }

  failed(store: BlobStore, error: unknown): void {
    const { code, message } = problemOf(this.#digest, error);
    const reason = isCorrupt(error) ? 'corrupt' : 'failed';
    this.#failures.push({ store, facts: { store: store.id, reason, ...(code && { code }), message }, error });
  }

  get list(): readonly StoreFailure[] {
    return this.#failures.map(({ facts }) => facts);
  }

  /** The first store that would have served the blob, had it good bytes. */
  get repairable(): { readonly store: BlobStore; readonly reason: 'missing' | 'corrupt' } | undefined {
    for (const { store, facts } of this.#failures) {
      if (facts.reason !== 'failed') return { store, reason: facts.reason };
    }
    return undefined;
  }

  /** The error of a blob that no store served; undefined where every one of them said that it has none. */
  error(): Error | undefined {
    const errors = this.#failures.filter(({ facts }) => facts.reason !== 'missing');
    const [first] = errors;
    if (first === undefined) return undefined;
    if (errors.every(({ facts }) => facts.reason === 'corrupt')) return first.error as Error;
    const said = this.list.map(({ store, message }) => `${store}: ${message}`).join('; ');
    return new StoreError('ERR_STORE_READ', `blob ${this.#digest} cannot be read from any store: ${said}`, {
      digest: this.#digest,
      cause: new AggregateError(errors.map(({ error }) => error)),
      retryable: errors.some(({ error }) => isPackError(error) && error.retryable),
      details: { stores: this.list },
    });
  }
}
