import { inside, invalid, type Place } from '../../../attest/proto-json.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { algorithmOf, digestOf, isDigest, isDigestAlgorithm, type Digest } from '../../../digest/digest.ts';
import { TrustError } from '../../../errors.ts';
import { object, text } from './document.ts';

/** What bytes must be. */
export interface ExpectedBytes {
  readonly length?: number | undefined;
  /** Those by algorithms that are known; undefined where none are demanded, empty where none of them is known. */
  readonly digests?: readonly Digest[] | undefined;
}

/** Reads `hashes`: one or more by the name of their algorithm. */
export function readHashes(value: JsonValue | undefined, place: Place): readonly Digest[] {
  const hashes = Object.entries(object(value, place));
  if (hashes.length === 0) throw invalid(place, 'is empty');
  return hashes.flatMap(([algorithm, item]) => {
    const hex = text(item, inside(place, algorithm));
    if (!isDigestAlgorithm(algorithm)) return [];
    const digest = `${algorithm}:${hex}`;
    if (!isDigest(digest))
      throw invalid(inside(place, algorithm), 'expected lower-case hexadecimal digits of the right length');
    return [digest];
  });
}

/**
 * Checks bytes against what metadata that is trusted says of them.
 *
 * @throws TrustError `ERR_TUF_MISMATCH`, also where all hashes are by algorithms that are not known.
 */
export function checkBytes(name: string, bytes: Uint8Array, { length, digests }: ExpectedBytes): void {
  if (length !== undefined && bytes.length !== length) {
    throw mismatch(`${name} has ${bytes.length} bytes, expected ${length}`);
  }
  if (digests === undefined) return;
  if (digests.length === 0) throw mismatch(`${name} has hashes by unknown algorithms only`);
  for (const digest of digests) {
    const found = digestOf(bytes, algorithmOf(digest));
    if (found !== digest) throw mismatch(`${name} is ${found}, expected ${digest}`);
  }
}

/** The error for what is not what other metadata says. */
export function mismatch(message: string): TrustError {
  return new TrustError('ERR_TUF_MISMATCH', message, {
    hint: 'the mirror gives files of different versions, or changed ones: try again later, or use another mirror',
  });
}
