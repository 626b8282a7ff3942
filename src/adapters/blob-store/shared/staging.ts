import type { Digest } from '../../../digest/digest.ts';

type Signal = AbortSignal | undefined;

/** Bytes on their way into a store, which nobody sees yet. */
export interface Staged {
  readonly id: string;
  /** One call at a time, in all pages and workers of the origin; `ERR_CONFLICT` where somebody else is at it. */
  alone<T>(run: () => Promise<T>): Promise<T>;
  /** Makes it, empty. */
  begin(): Promise<void>;
  /** Refuses where this is not what is there: the bytes end elsewhere, or somebody else took it over. */
  confirm(size: number): Promise<void>;
  /** Writes from an offset on, which must be where the bytes end. */
  writer(offset: number): Promise<StagedWriter>;
  /** The bytes that are in. */
  read(size: number, signal: Signal): AsyncIterable<Uint8Array>;
  /** Makes the bytes a blob, or forgets them where there is one. */
  publish(digest: Digest, size: number): Promise<{ readonly created: boolean }>;
  /** Removes what there is of it. */
  forget(): Promise<void>;
}

/** Takes bytes, piece by piece. */
export interface StagedWriter {
  /** Room for the first piece. */
  readonly room: number;
  write(piece: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends the writing, and says up to where the bytes are in. After a write that failed, all of it may be taken back. */
  end(failed: boolean): Promise<number>;
}

/** Where bytes are staged. */
export interface StagingArea {
  /** Names the store in errors. */
  readonly store: string;
  /** Something new. */
  create(kind: 'put' | 'ingest'): Staged;
  /** An ingest that was begun, here or elsewhere, and how many bytes it has; undefined where there is none. */
  open(id: string): Promise<{ readonly staged: Staged; readonly size: number } | undefined>;
}
