import {
  algorithmOf,
  createHash,
  integrityOf,
  parseIntegrity,
  strongestOf,
  type ContentCheck,
  type Digest,
} from '../digest/index.ts';
import { IntegrityError } from '../errors.ts';
import { tapStream } from './tap-stream.ts';

/**
 * Checks bytes against digests of one algorithm, any of which they may have; against none, no bytes pass.
 *
 * @throws IntegrityError (from `end`) `ERR_DIGEST_MISMATCH`.
 */
export function integrityCheck(name: string, digests: readonly Digest[], hint?: string): ContentCheck {
  const [first] = digests;
  const hash = createHash(first === undefined ? 'sha256' : algorithmOf(first));
  return {
    update: (bytes) => void hash.update(bytes),
    end() {
      const actual = hash.digest();
      if (digests.includes(actual)) return;
      const expected = digests.map(integrityOf).join(' ');
      const message = `${name} has integrity ${integrityOf(actual)}, expected ${expected}`;
      throw new IntegrityError('ERR_DIGEST_MISMATCH', message, { expected, actual: integrityOf(actual), hint });
    },
  };
}

/** The digests that decide of an integrity string. */
export function pinnedBy(integrity: string): readonly Digest[] {
  return strongestOf(parseIntegrity(integrity));
}

/** A stream that fails before its end unless its bytes are what a lockfile pins. */
export function integrityChecked(
  stream: ReadableStream<Uint8Array>,
  name: string,
  integrity: string,
): ReadableStream<Uint8Array> {
  const check = integrityCheck(name, pinnedBy(integrity));
  return tapStream(stream, {
    chunk(chunk) {
      check.update(chunk);
      return chunk;
    },
    end: () => check.end(),
  });
}
