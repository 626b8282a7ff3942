import type { Digest } from '../digest/digest.ts';
import { StoreError } from '../errors.ts';

/** The error of a tag that does not point where the caller thinks. */
export function tagMoved(name: string, expected: Digest | null, actual: Digest | null): StoreError {
  return new StoreError(
    'ERR_CONFLICT',
    `tag ${name} ${actual === null ? 'is not there' : `points at ${actual}`}, expected ${expected ?? 'no such tag'}`,
    { hint: 'resolve the tag again and decide anew', details: { tag: name, expected, actual } },
  );
}
