import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex, utf8 } from '../bytes/encoding.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { StoreError } from '../errors.ts';

/** Binds the ids of ingests, which all repositories of a store share, to the repository that they were begun in. */
export interface UploadSeal {
  /** The id of an ingest, as one repository gives it out. */
  seal(repository: string, id: string, options: OperationOptions): Promise<string>;
  /** The id of the ingest; undefined where the repository never gave this out. */
  open(repository: string, sealed: string, options: OperationOptions): Promise<string | undefined>;
}

const key = 'uploads/key';
const keyLength = 32;

/**
 * Seals with a key that lies in the record store: a restart, or another server on the same store, knows what was sealed
 * before, and an upload costs no record of its own.
 */
export function uploadSeal(records: RecordStore): UploadSeal {
  let known: Promise<Uint8Array> | undefined;
  const secret = async (options: OperationOptions): Promise<Uint8Array> => {
    known ??= loadKey(records, options);
    const loading = known;
    return loading.catch((error: unknown) => {
      if (known === loading) known = undefined;
      throw error;
    });
  };
  const seal = async (repository: string, id: string, options: OperationOptions): Promise<string> => {
    const mac = hmac(sha256, await secret(options), utf8(`${repository} ${id}`));
    return `${id}.${toHex(mac.subarray(0, 16))}`;
  };
  return {
    seal,
    open: async (repository, sealed, options) => {
      const id = sealed.slice(0, Math.max(0, sealed.lastIndexOf('.')));
      return sameText(await seal(repository, id, options), sealed) ? id : undefined;
    },
  };
}

/** Compares in a time that does not tell how much is right. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

/** Whoever comes first makes the key; the others read it. */
async function loadKey(records: RecordStore, options: OperationOptions): Promise<Uint8Array> {
  const { signal } = options;
  const made = crypto.getRandomValues(new Uint8Array(keyLength));
  let found = await records.get(key, { signal });
  if (found === undefined) {
    await records.put(key, utf8(toHex(made)), { ifVersion: null, signal });
    found = await records.get(key, { signal });
  }
  const secret = found && fromHex(String.fromCharCode(...found.value.subarray(0, keyLength * 2)));
  if (secret?.length === keyLength) return secret;
  throw new StoreError('ERR_STORE_READ', `record ${JSON.stringify(key)} is not what a registry writes`);
}
