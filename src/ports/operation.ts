import type { Descriptor } from '../oci/descriptor.ts';

/** What every operation takes besides its own options. */
export interface OperationOptions {
  /** Ends the operation; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Is told what happens. Nothing is made when nobody listens. */
  readonly onEvent?: PackEventListener | undefined;
  /** The `op` of the event that this operation is part of. */
  readonly parent?: string | undefined;
}

/** Takes events. What it throws ends the operation. */
export type PackEventListener = (event: PackEvent) => void;

/** What an operation does. */
export type EventVerb =
  | 'pack'
  | 'copy'
  | 'unpack'
  | 'inspect'
  | 'verify'
  | 'sign'
  | 'attest'
  | 'fetch'
  | 'read'
  | 'write'
  | 'push'
  | 'pull'
  | 'resolve'
  | 'gc'
  | 'audit'
  | 'migrate'
  | 'sync';

/**
 * One thing that happened. For each `op` there is exactly one `start` and one end (`done` or `failed`), and `bytes`
 * never falls: it counts bytes that were really read or written.
 */
export interface PackEvent {
  /** Names the operation among all of this process. */
  readonly op: string;
  /** The operation that this one is part of. */
  readonly parent?: string | undefined;
  readonly verb: EventVerb;
  readonly kind: 'start' | 'progress' | 'retry' | 'fallback' | 'warning' | 'done' | 'failed';
  /** What is worked on, where it is known by digest. */
  readonly descriptor?: Descriptor | undefined;
  /** What is worked on, for a person: a file, an entry, a reference. */
  readonly name?: string | undefined;
  /** Bytes so far. */
  readonly bytes: number;
  /** Bytes in all, where that is known. */
  readonly total?: number | undefined;
  /** Why, for `retry`, `fallback`, `warning` and `failed`. No secrets. */
  readonly message?: string | undefined;
  /** True on `done` where nothing had to be moved, because it was there. */
  readonly reused?: boolean | undefined;
}
