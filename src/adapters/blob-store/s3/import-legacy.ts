import { checkObject, checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import { fromHex, fromUtf8 } from '../../../bytes/encoding.ts';
import { chunksOf } from '../../../bytes/stream.ts';
import type { HttpFailure } from '../../../http/http-failure.ts';
import { legacyImportKeys, type LegacyImportOptions, type LegacyImportReport } from '../shared/legacy-blob.ts';
import { UnreadableBlob, type LegacyEntry } from '../shared/legacy-content.ts';
import { importLegacy } from '../shared/legacy-import.ts';
import { S3Bucket } from './bucket.ts';
import { listObjects, type ListedObject } from './list-objects.ts';
import { openObject } from './open-object.ts';
import { checkS3Options, type S3StoreOptions } from './options.ts';
import type { S3Action } from './s3-failure.ts';

type BucketKey =
  | 'client'
  | 'bucket'
  | 'region'
  | 'endpoint'
  | 'forcePathStyle'
  | 'expectedBucketOwner'
  | 'concurrency'
  | 'retry'
  | 'timeouts'
  | 'clock';

const bucketKeys: readonly BucketKey[] = [
  ...(['client', 'bucket', 'region', 'endpoint', 'forcePathStyle', 'expectedBucketOwner'] as const),
  ...(['concurrency', 'retry', 'timeouts', 'clock'] as const),
];

/** From where, and to where. */
export interface ImportLegacyObjectsOptions extends LegacyImportOptions, Pick<S3StoreOptions, BucketKey> {
  /** Before the hex of each key; `script-packages/blobs` by default. */
  readonly prefix?: string | undefined;
}

/** What an import of objects did. */
export interface LegacyObjectsReport extends LegacyImportReport {
  /** Objects whose key is none of an integrity. They were left out, unread. */
  readonly skipped: SkippedObjects;
}

/** How many objects were left out, and why. */
export interface SkippedObjects {
  /** Not below the prefix: a server gave them that does not look at it. */
  readonly foreign: number;
  /** An odd number of digits. */
  readonly oddLength: number;
  /** Something else than hexadecimal digits. */
  readonly notHex: number;
  /** Digits of what is no text in UTF-8. */
  readonly notText: number;
  /** The first hundred of their keys. */
  readonly keys: readonly string[];
}

/** What `importLegacyObjects` does. */
export async function importObjects(options: ImportLegacyObjectsOptions): Promise<LegacyObjectsReport> {
  const known = [...bucketKeys, 'prefix', ...legacyImportKeys, ...operationKeys];
  checkOptions('importLegacyObjects', options, known);
  checkObject('blobs', options.blobs);
  const objects = new LegacyObjects(new S3Bucket(checkS3Options(bucketOptions(options))));
  const report = await importLegacy(objects, options);
  return { ...report, skipped: objects.skipped };
}

function bucketOptions(options: ImportLegacyObjectsOptions): S3StoreOptions {
  const { client, bucket, prefix = 'script-packages/blobs' } = options;
  const given = Object.fromEntries(bucketKeys.map((key) => [key, options[key]]));
  return { ...given, client, bucket, prefix };
}

type SkipReason = Exclude<keyof SkippedObjects, 'keys'>;

const maxKeys = 100;

class LegacyObjects {
  readonly name: string;
  readonly concurrency = 4;
  readonly #bucket: S3Bucket;
  readonly #counts = { foreign: 0, oddLength: 0, notHex: 0, notText: 0 };
  readonly #keys: string[] = [];

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
    this.name = bucket.settings.address.id;
  }

  get skipped(): SkippedObjects {
    return { ...this.#counts, keys: this.#keys };
  }

  async *entries(signal: AbortSignal | undefined): AsyncGenerator<LegacyEntry> {
    const action = { code: 'ERR_STORE_READ', what: 'listing old blobs' } as const;
    const onForeign = (key: string): void => this.#skip('foreign', key);
    for await (const object of listObjects(this.#bucket, '', { action, onForeign, signal })) {
      const key = this.#bucket.keyOf(object.name);
      const integrity = integrityOfName(object.name);
      if ('reason' in integrity) this.#skip(integrity.reason, key);
      else yield this.#entry(key, integrity.text, object);
    }
  }

  #skip(reason: SkipReason, key: string): void {
    this.#counts[reason] += 1;
    if (this.#keys.length < maxKeys) this.#keys.push(key);
  }

  #entry(key: string, integrity: string, { size }: ListedObject): LegacyEntry {
    const action: S3Action = { code: 'ERR_STORE_READ', what: `reading object ${key}` };
    const missing = (): Error => new UnreadableBlob('it is gone');
    const bucket = this.#bucket;
    return {
      integrity,
      size,
      async *chunks(signal) {
        const stream = await openObject(bucket, { key, action, missing, explain: oddAnswer }, { signal, size });
        yield* chunksOf(stream, { signal });
      },
    };
  }
}

/** Another object of this key, or one that is encoded, must not be taken for the bytes; the others can still be read. */
function oddAnswer(failure: HttpFailure): Error | undefined {
  return failure.kind === 'protocol' ? new UnreadableBlob(failure.message, { cause: failure }) : undefined;
}

type KeyText = { readonly text: string } | { readonly reason: SkipReason };

/** The hex of a text in UTF-8, as the predecessor wrote it. */
function integrityOfName(name: string): KeyText {
  if (!/^[0-9a-f]+$/i.test(name)) return { reason: 'notHex' };
  const bytes = fromHex(name);
  if (bytes === undefined) return { reason: 'oddLength' };
  try {
    return { text: fromUtf8(bytes) };
  } catch {
    return { reason: 'notText' };
  }
}
