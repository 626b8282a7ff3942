import { utf8 } from '../../../bytes/encoding.ts';
import { bytesSource } from '../../../bytes/source.ts';
import { readAll } from '../../../bytes/stream.ts';
import { digestOf, isDigest, type Digest } from '../../../digest/digest.ts';
import { StoreError } from '../../../errors.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import { tooLarge } from './mirror.ts';

/** Where a client keeps what it trusts from one run to the next. Every `RecordStore` is one. */
export type TufStore = Pick<RecordStore, 'get' | 'put' | 'delete'>;

/** Metadata that was trusted when it was kept, and is checked again whenever it is used. */
export interface KeptMetadata {
  /** undefined where there is none. */
  read(name: string): Promise<KeptFile>;
  /** Replaces what was read, and nothing that came after it. */
  write(name: string, bytes: Uint8Array, before: KeptFile): Promise<void>;
  remove(name: string, before: KeptFile): Promise<void>;
}

/** What was kept under a name. */
export interface KeptFile {
  readonly bytes: Uint8Array | undefined;
  readonly version: string | null;
}

/** Another process has kept something newer meanwhile: what was decided from the older must be decided again. */
export class KeptMeanwhile extends Error {
  override readonly name = 'KeptMeanwhile';
}

/** As much as a record holds. */
const recordBytes = 1024 * 1024;

/** Where metadata is kept. */
export interface KeptPlace {
  readonly store: TufStore;
  /** Takes what is too large for a record; the record is then its digest. */
  readonly blobs: BlobStore | undefined;
  /** More bytes than this are as good as not there: nobody kept so many. */
  readonly maxBytes: number;
  /** What keys begin with. */
  readonly prefix: string;
  readonly signal: AbortSignal | undefined;
}

/** Metadata in records, one for each file, changed by compare-and-set only. */
export function keptMetadata(place: KeptPlace): KeptMetadata {
  const { store, blobs, prefix, signal } = place;
  const refuseConflict = (result: unknown): void => {
    if (result === 'conflict') throw new KeptMeanwhile();
  };
  return {
    async read(name) {
      const record = await store.get(`${prefix}/${name}`, { signal });
      if (record === undefined) return { bytes: undefined, version: null };
      const digest = record.value.length < 200 ? digestIn(record.value) : undefined;
      const bytes = digest === undefined ? record.value : await readBlob(digest, place);
      return { bytes, version: record.version };
    },
    async write(name, bytes, { version }) {
      const value = bytes.length <= recordBytes ? bytes : await writeBlob(blobs, name, bytes, signal);
      refuseConflict(await store.put(`${prefix}/${name}`, value, { ifVersion: version, signal }));
    },
    async remove(name, { version }) {
      if (version !== null) refuseConflict(await store.delete(`${prefix}/${name}`, { ifVersion: version, signal }));
    },
  };
}

/** The digest that a record is, as no metadata can be. */
function digestIn(value: Uint8Array): Digest | undefined {
  const text = String.fromCharCode(...value);
  return isDigest(text) ? text : undefined;
}

async function readBlob(digest: Digest, { blobs, maxBytes, signal }: KeptPlace): Promise<Uint8Array | undefined> {
  const blob = await blobs?.get(digest, { signal });
  if (blob === undefined || blob.size > maxBytes) return undefined;
  return readAll(await blob.open({ signal }), { limit: blob.size, signal });
}

async function writeBlob(
  blobs: BlobStore | undefined,
  name: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (blobs === undefined) throw tooLarge(`${name} (without a blob store)`, recordBytes);
  const digest = digestOf(bytes);
  await blobs.put(digest, bytesSource(bytes), { signal });
  return utf8(digest);
}

/** Runs a step again from its start while others change what it began with. */
export async function againstOthers<T>(run: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof KeptMeanwhile)) throw error;
      if (attempts === 5) {
        throw new StoreError('ERR_CONFLICT', 'metadata of TUF is changed by others all the time', {
          cause: error,
          retryable: true,
        });
      }
    }
  }
}
