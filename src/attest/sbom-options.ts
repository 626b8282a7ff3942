import { checkOptions } from '../bytes/check-options.ts';
import { canonicalJson } from '../bytes/canonical-json.ts';
import { digestOf, hexOf, isDigest, type Digest } from '../digest/digest.ts';
import { UsageError } from '../errors.ts';
import type { Lock } from '../lockfile/lock.ts';
import { formatRfc3339 } from './format-rfc3339.ts';
import { lockDigest, orderedLock } from './lock-facts.ts';

/** What a bill of materials says besides what is in the lock. */
export interface SbomOptions {
  /** What the pack is called; the name of the lockfile by default. */
  readonly name?: string | undefined;
  /** Its version; the digest of its manifest by default, where that is given. */
  readonly version?: string | undefined;
  /** The digest of the pack's manifest. */
  readonly digest?: Digest | undefined;
  /**
   * When it was made, in milliseconds since 1970; seconds are written. Without it CycloneDX says nothing, and SPDX,
   * which must say something, 1970-01-01T00:00:00Z.
   */
  readonly created?: number | undefined;
}

/** A lock and options that were looked at, as the writers of the formats take them. */
export interface SbomSubject {
  readonly lock: Lock;
  readonly lockDigest: Digest;
  readonly name: string;
  readonly version: string | undefined;
  readonly digest: Digest | undefined;
  /** As RFC 3339 has it. */
  readonly created: string | undefined;
  /** The same for the same lock, format and options, and for no others: a UUID of version 8 (RFC 9562) over SHA-256. */
  readonly uuid: string;
}

/**
 * Looks at what a bill of materials is made from.
 *
 * @param known - The digest of the lock's bytes, where they were read.
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function sbomSubject(given: Lock, format: string, options: SbomOptions, known?: Digest): SbomSubject {
  checkOptions('options', options, ['name', 'version', 'digest', 'created']);
  const lock = orderedLock(given);
  const facts = {
    lockDigest: known ?? lockDigest(lock),
    name: optionalText('name', options.name) ?? lock.source.path,
    version: optionalText('version', options.version) ?? options.digest,
    digest: optionalDigest(options.digest),
    created: options.created === undefined ? undefined : formatRfc3339('created', options.created),
  };
  return { lock, ...facts, uuid: uuidOf({ format, ...facts }) };
}

function optionalText(argument: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', `${argument} is not a text with something in it`, { argument });
}

function optionalDigest(value: unknown): Digest | undefined {
  if (value === undefined || isDigest(value)) return value;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'digest is not one of sha256, sha384 or sha512', { argument: 'digest' });
}

function uuidOf(value: object): string {
  const hex = hexOf(digestOf(canonicalJson(value)));
  // The variant is two bits, 10, before two bits of the digest (RFC 9562, section 4.1).
  const variant = (8 + (parseInt(hex.charAt(16), 16) % 4)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
