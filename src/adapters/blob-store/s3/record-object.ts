import { utf8 } from '../../../bytes/encoding.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import { IntegrityError, StoreError } from '../../../errors.ts';

/*
 * The object of a record is a line and the value. The line has a token, so that no two objects have one ETag, the
 * SHA-256 of the value, and the key. That of a deleted record is a line with a token only: shorter than any other.
 */
export const deletedSize = 33;

/** Begins the names of the objects of all records. */
export const recordsFolder = 'records/';

/** The object of a record. */
export function recordObject(token: string, key: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes([utf8(`${token} ${hexOf(digestOf(value))} ${key}\n`), value]);
}

/** The object in the place of a record that was deleted. */
export function deletedObject(token: string): Uint8Array<ArrayBuffer> {
  return utf8(`${token}\n`);
}

/** What is in the object of a record. */
export interface RecordContent {
  readonly token: string;
  readonly key: string;
  readonly value: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the object of a record; the content of a deleted one is only its token.
 *
 * @throws StoreError `ERR_STORE_READ` for what is no record; IntegrityError `ERR_DIGEST_MISMATCH` for another value.
 */
export function parseRecord(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  store: string,
): RecordContent | { readonly token: string } {
  const end = bytes.subarray(0, maxLine).indexOf(0x0a);
  const line = String.fromCharCode(...bytes.subarray(0, Math.max(end, 0)));
  if (bytes.length === deletedSize && /^[0-9a-f]{32}$/.test(line)) return { token: line };
  const [, token, sha256 = '', key] = /^([0-9a-f]{32}) ([0-9a-f]{64}) ([\x20-\x7e]{1,1024})$/.exec(line) ?? [];
  if (token === undefined || key === undefined) {
    throw new StoreError('ERR_STORE_READ', `object ${JSON.stringify(name.slice(0, 200))} is not a record`, { store });
  }
  const value = bytes.slice(end + 1);
  const expected = `sha256:${sha256}`;
  const actual = digestOf(value);
  if (actual === expected) return { token, key, value };
  throw new IntegrityError(
    'ERR_DIGEST_MISMATCH',
    `record ${JSON.stringify(key)} has digest ${actual}, expected ${expected}`,
    {
      expected,
      actual,
    },
  );
}

const maxLine = 32 + 1 + 64 + 1 + 1024 + 1;
