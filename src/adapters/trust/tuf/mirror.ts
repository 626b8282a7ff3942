import { FormatError, isPackError, TrustError } from '../../../errors.ts';

/**
 * Where a repository is read from: a function from a path to bytes, which need not be trusted.
 *
 * The path is relative and escaped as in a URL: `2.root.json`, `targets/ab12….trusted_root.json`. No segment of it is
 * `.` or `..`, whatever metadata says. The answer is undefined where there is no such file, and nothing else: a mirror
 * that cannot be asked rejects. At most `maxBytes` are wanted; a larger file is refused.
 */
export type TufMirror = (path: string, options: MirrorOptions) => Promise<Uint8Array | undefined>;

/** How a file of a mirror is wanted. */
export interface MirrorOptions {
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks a mirror, and holds it to what it promises. */
export async function askMirror(
  mirror: TufMirror,
  path: string,
  options: MirrorOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { maxBytes, signal } = options;
  signal?.throwIfAborted();
  const bytes = await mirror(path, options).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw isPackError(error) ? error : unavailable(path, { cause: error, retryable: true });
  });
  signal?.throwIfAborted();
  if (bytes !== undefined && bytes.length > maxBytes) throw tooLarge(path, maxBytes);
  // Memory that others can write to could change after it was checked.
  return bytes?.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes && new Uint8Array(bytes);
}

/** Asks a mirror for what must be there. */
export async function askMirrorFor(
  mirror: TufMirror,
  path: string,
  options: MirrorOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await askMirror(mirror, path, options);
  if (bytes === undefined) throw unavailable(path);
  return bytes;
}

/** The error for what a mirror does not have, or does not give. */
export function unavailable(path: string, facts: { cause?: unknown; retryable?: boolean } = {}): TrustError {
  const problem = 'cause' in facts ? 'cannot be had from the mirror' : 'is not on the mirror';
  return new TrustError('ERR_TUF_UNAVAILABLE', `${path} ${problem}`, {
    ...facts,
    hint: 'try again later, or use another mirror',
  });
}

/** The error for more bytes than are wanted. */
export function tooLarge(what: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${what} is larger than the limit of ${limit} bytes`, {
    details: { limit },
  });
}
