import { canonicalJson } from '../bytes/canonical-json.ts';
import { parseJson } from '../bytes/json.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { FormatError, isPackError, StoreError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseDescriptor } from '../oci/parse-descriptor.ts';

/** What the record of a manifest, a tag or a referrer says. */
export interface RecordedManifest extends Descriptor {
  /** In the record of a manifest that is a referrer. */
  readonly subject?: Digest | undefined;
}

/** The largest value that a record may have; see `RecordStore`. */
const maxBytes = 1024 * 1024;

/** The members of a descriptor that the record of a manifest or a tag keeps; its bytes say the rest. */
export function recordFacts({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

/**
 * The bytes of a record.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more than a record can hold: a referrer with a megabyte of annotations.
 */
export function formatRecord(value: RecordedManifest): Uint8Array {
  const bytes = canonicalJson(value);
  if (bytes.length <= maxBytes) return bytes;
  throw new FormatError(
    'ERR_LIMIT_EXCEEDED',
    `manifest ${value.digest} has annotations of more than ${maxBytes} bytes`,
    {
      details: { limit: maxBytes },
    },
  );
}

/**
 * What a record says.
 *
 * @throws StoreError `ERR_STORE_READ` for bytes that no record of ours has.
 */
export function parseRecord(key: string, bytes: Uint8Array): RecordedManifest {
  try {
    const value = parseDescriptor(parseJson(bytes, { maxBytes })) as RecordedManifest;
    if (value.subject === undefined || isDigest(value.subject)) return value;
  } catch (cause) {
    if (isPackError(cause)) throw unreadable(key, cause);
    throw cause;
  }
  throw unreadable(key);
}

function unreadable(key: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_READ', `record ${JSON.stringify(key)} is not what a registry writes`, { cause });
}
