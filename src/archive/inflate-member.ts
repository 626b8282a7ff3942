import { Inflate } from 'fflate/browser';
import { malformed } from './archive-limits.ts';

/** The private state of fflate's Inflate that tells where a DEFLATE stream ends; the version is pinned for it. */
interface InflateState {
  readonly s: { readonly f?: number; readonly l?: unknown; readonly p?: number };
  readonly p: Uint8Array;
}

/** What a step of inflating gave. */
export interface Inflated {
  readonly bytes: Uint8Array;
  /** How many of the bytes taken last lie behind the end of the DEFLATE stream; undefined before its end. */
  readonly rest: number | undefined;
}

/**
 * Inflates one DEFLATE stream (RFC 1951) step by step with fflate, and tells where it ended, which fflate's public API
 * does not.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` (from a step) where the bytes are not DEFLATE.
 */
export function inflateMember(): (bytes: Uint8Array) => Inflated {
  let output: Uint8Array = new Uint8Array(0);
  const inflate = new Inflate((bytes) => {
    output = bytes;
  });
  const state = inflate as unknown as InflateState;
  return (bytes) => {
    pushTo(inflate, bytes);
    const { f: final, l: open, p: bit = 0 } = state.s;
    if (!final || open) return { bytes: output, rest: undefined };
    // What is left starts with the byte that holds the last bits.
    return { bytes: output, rest: state.p.length - (bit > 0 ? 1 : 0) };
  };
}

function pushTo(inflate: Inflate, bytes: Uint8Array): void {
  try {
    inflate.push(bytes);
  } catch (cause) {
    throw malformed('gzip content is not DEFLATE data', { cause });
  }
}
