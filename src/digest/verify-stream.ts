import { IntegrityError } from '../errors.ts';
import { algorithmOf, digestOf, type Digest } from './digest.ts';
import { createHash } from './hash.ts';

/** What bytes must be: their digest, and their size where it is known. */
export interface ExpectedContent {
  readonly digest: Digest;
  readonly size?: number | undefined;
}

/**
 * Checks bytes against a digest and a size while they flow.
 *
 * The stream fails as soon as more bytes come than `size` allows, or at the end when size or digest differ, and always
 * before its end is signalled. Until the stream has closed, nothing that was read may be trusted.
 *
 * @throws IntegrityError (as the error of the stream) `ERR_TRAILING_DATA`, `ERR_SIZE_MISMATCH`, `ERR_DIGEST_MISMATCH`.
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 */
export function verifyStream(expected: ExpectedContent): TransformStream<Uint8Array, Uint8Array> {
  const check = contentCheck(expected);
  return new TransformStream({
    transform(chunk, controller) {
      check.update(chunk);
      controller.enqueue(chunk);
    },
    flush: () => check.end(),
  });
}

/** The check of {@link verifyStream}, for code that sees the chunks itself. */
export interface ContentCheck {
  /** Adds bytes; throws when there are more than expected. */
  update(bytes: Uint8Array): void;
  /** Throws unless everything added is what was expected. */
  end(): void;
}

/** A running check of bytes against a digest and a size. */
export function contentCheck(expected: ExpectedContent): ContentCheck {
  const { digest, size } = expected;
  const hash = createHash(algorithmOf(digest));
  let seen = 0;
  return {
    update(bytes) {
      seen += bytes.length;
      if (size !== undefined && seen > size) {
        throw new IntegrityError(
          'ERR_TRAILING_DATA',
          `blob ${digest} has more than the expected ${String(size)} bytes`,
          {
            expected: String(size),
            actual: `more than ${String(size)}`,
          },
        );
      }
      hash.update(bytes);
    },
    end() {
      if (size !== undefined && seen !== size) throw sizeMismatch(digest, size, seen);
      const actual = hash.digest();
      if (actual !== digest) throw digestMismatch(digest, actual);
    },
  };
}

/**
 * Checks bytes in memory, and gives them back.
 *
 * @throws IntegrityError `ERR_SIZE_MISMATCH`, `ERR_DIGEST_MISMATCH`.
 */
export function verifyBytes<T extends Uint8Array>(bytes: T, expected: ExpectedContent): T {
  const { digest, size } = expected;
  if (size !== undefined && bytes.length !== size) throw sizeMismatch(digest, size, bytes.length);
  const actual = digestOf(bytes, algorithmOf(digest));
  if (actual !== digest) throw digestMismatch(digest, actual);
  return bytes;
}

function sizeMismatch(digest: Digest, expected: number, actual: number): IntegrityError {
  return new IntegrityError(
    'ERR_SIZE_MISMATCH',
    `blob ${digest} has ${String(actual)} bytes, expected ${String(expected)}`,
    {
      expected: String(expected),
      actual: String(actual),
    },
  );
}

/** The error of a blob whose bytes are not those of its digest. */
export function digestMismatch(expected: Digest, actual: Digest): IntegrityError {
  return new IntegrityError('ERR_DIGEST_MISMATCH', `blob has digest ${actual}, expected ${expected}`, {
    expected,
    actual,
  });
}
