import type { Digest } from '../digest/digest.ts';
import type { OperationOptions } from './operation.ts';

/** Where the bytes of an artifact come from: the web, a folder, npm's cache. Sources are asked in order. */
export interface Source {
  /** Names the source in errors and events. */
  readonly id: string;
  /**
   * A new stream over the artifact; undefined where this source does not have it, and the next one is asked.
   * The caller checks the bytes: a source need not. What is wrong in between is a `SourceError`.
   */
  open(artifact: Artifact, options?: SourceOptions): Promise<ReadableStream<Uint8Array> | undefined>;
}

/** What is asked for. */
export interface Artifact {
  /** For messages: `name@version`, or a path. */
  readonly name: string;
  /** Where it is: a URL. Absent where nothing says, and then only a source that looks up by digest can have it. */
  readonly location?: string | undefined;
  /** Digests of the bytes, any of which identifies them. */
  readonly digests: readonly Digest[];
  /** Size in bytes, where it is known. */
  readonly size?: number | undefined;
}

export interface SourceOptions extends OperationOptions {
  /** More bytes than this are refused with `ERR_LIMIT_EXCEEDED`. */
  readonly maxBytes?: number | undefined;
}
