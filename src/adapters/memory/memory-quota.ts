import { checkOptions } from '../../bytes/check-options.ts';
import { StoreError, UsageError } from '../../errors.ts';

/** Bounds on a store in memory. */
export interface MemoryStoreOptions {
  /** Bytes that the store may hold, with what is on its way in; unbounded by default. */
  readonly maxBytes?: number | undefined;
}

/** Counts the bytes that a store in memory holds. */
export class MemoryQuota {
  readonly #store: string;
  readonly #maximum: number;
  #held = 0;

  constructor(store: string, options: MemoryStoreOptions) {
    checkOptions('store in memory', options, ['maxBytes']);
    const { maxBytes = Infinity } = options;
    if (!(maxBytes >= 0)) {
      throw new UsageError('ERR_INVALID_ARGUMENT', `maxBytes is ${String(maxBytes)}, expected 0 or more`, {
        argument: 'maxBytes',
      });
    }
    this.#store = store;
    this.#maximum = maxBytes;
  }

  /** Takes room for bytes. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#maximum) {
      throw new StoreError('ERR_STORE_QUOTA', `store in memory would hold more than ${this.#maximum} bytes`, {
        store: this.#store,
        hint: 'raise maxBytes, or use a store on disk',
      });
    }
    this.#held += bytes;
  }

  /** Gives room back. */
  give(bytes: number): void {
    this.#held -= bytes;
  }
}
