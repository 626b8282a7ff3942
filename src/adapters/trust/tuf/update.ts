import { FormatError, TrustError } from '../../../errors.ts';
import { checkBytes, mismatch } from './content.ts';
import { readMetadata, type Metadata, type RoleFormat, type SignedPart } from './document.ts';
import type { KeptFile, KeptMetadata } from './kept-metadata.ts';
import type { TufLimits } from './limits.ts';
import { tooLarge, type TufMirror } from './mirror.ts';
import type { RoleKeys } from './role-keys.ts';
import type { MetaFile } from './roles.ts';
import { checkSignatures } from './signatures.ts';

/** What one update works with. */
export interface Update {
  readonly mirror: TufMirror;
  readonly kept: KeptMetadata;
  readonly limits: TufLimits;
  /** When the update began (section 5.1), in milliseconds since 1970: time stands still until it is over. */
  readonly startedAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Reads metadata and checks who signed it. */
export async function readSigned<T>(
  name: string,
  bytes: Uint8Array,
  format: RoleFormat<T>,
  holders: RoleKeys,
): Promise<Metadata<T>> {
  const metadata = readMetadata(name, bytes, format);
  await checkSignatures(name, metadata, holders);
  return metadata;
}

/** What was kept, where it still holds. */
export async function readKept<T>(
  name: string,
  { bytes }: KeptFile,
  format: RoleFormat<T>,
  holders: RoleKeys,
): Promise<Metadata<T> | undefined> {
  return bytes === undefined ? undefined : ifBelieved(() => readSigned(name, bytes, format, holders));
}

/** What was kept and no longer holds is as good as not there: its keys may be gone, or the disk at fault. */
export async function ifBelieved<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TrustError || error instanceof FormatError) return undefined;
    throw error;
  }
}

/**
 * Refuses metadata that is no longer good: a mirror may be kept from giving newer.
 *
 * @throws TrustError `ERR_TUF_EXPIRED`.
 */
export function checkExpiry(name: string, { expires }: SignedPart, { startedAt }: Update): void {
  if (expires > startedAt) return;
  throw new TrustError(
    'ERR_TUF_EXPIRED',
    `${name} expired at ${timeText(expires)}, the update began at ${timeText(startedAt)}`,
    {
      hint: 'check the clock; if it is right, the repository is not kept up, or somebody hides newer metadata',
    },
  );
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}

/** The error for metadata that goes back behind what was trusted before. */
export function rollback(message: string): TrustError {
  return new TrustError('ERR_TUF_ROLLBACK', message, {
    hint: 'the mirror is behind, or somebody passes old metadata off as new',
  });
}

/** The most bytes that a file may have: what other metadata says, which is itself bounded. */
export function boundOf(name: string, { length }: MetaFile, limit: number): number {
  if (length !== undefined && length > limit) throw tooLarge(name, limit);
  return length ?? limit;
}

/** True where metadata that was kept is just what other metadata says. */
export function isCurrent(kept: Metadata<unknown> | undefined, file: MetaFile, { startedAt }: Update): boolean {
  if (kept === undefined || kept.role.version !== file.version || kept.role.expires <= startedAt) return false;
  try {
    checkBytes('', kept.bytes, file);
    return true;
  } catch {
    return false;
  }
}

/** Checks that metadata has the version that other metadata says. */
export function checkVersion(name: string, { version }: SignedPart, file: MetaFile): void {
  if (version !== file.version) throw mismatch(`${name} is version ${version}, expected ${file.version}`);
}
