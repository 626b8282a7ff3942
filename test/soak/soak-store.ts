import type { BlobStore, RecordStore } from 'packwright/ports';

/** Where a store is, as JSON that a process can be given. */
export type StorePlace =
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly prefix: string;
      readonly keys: readonly [string, string];
    }
  | { readonly kind: 'postgres'; readonly url: string; readonly prefix: string };

/** A store that a process has opened. */
export interface SoakStore {
  readonly blobs: BlobStore;
  readonly records: RecordStore;
  /** Removes all that was left by whoever was killed. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a store by the built package. Loads only what it needs: its memory is measured. */
export function openSoakStore(place: StorePlace): Promise<SoakStore> {
  return place.kind === 's3' ? openBucket(place) : openTables(place);
}

// Where a test moves the clock, S3 must not hear of it: it refuses what is signed for another time.
const now = Date.now.bind(Date);

async function openBucket({ endpoint, prefix, keys }: StorePlace & { kind: 's3' }): Promise<SoakStore> {
  const { s3BlobStore, s3Client, s3RecordStore } = await import('packwright/blob-store/s3');
  const { nodeTransport } = await import('packwright/transport/node');
  const transport = nodeTransport();
  const credentials = { accessKeyId: keys[0], secretAccessKey: keys[1] };
  const client = s3Client({ credentials, fetch: transport.fetch, now });
  // A server that was killed is back soon.
  const options = {
    client,
    bucket: 'blobs',
    endpoint,
    prefix,
    partSize: 5 << 20,
    clock: { now },
    retry: { capMs: 400 },
  };
  const blobs = s3BlobStore(options);
  const records = s3RecordStore(options);
  return {
    blobs,
    records,
    sweep: async () => {
      await blobs.sweepAbandoned({ olderThanSeconds: 0 });
      await records.sweep({ olderThanSeconds: 0 });
    },
    close: () => transport.close(),
  };
}

async function openTables({ url, prefix }: StorePlace & { kind: 'postgres' }): Promise<SoakStore> {
  const { postgresBlobStore, postgresRecordStore } = await import('packwright/blob-store/postgres');
  const { Pool } = (await import('pg')).default;
  const pool = new Pool({ connectionString: url, max: 4 }).on('error', () => undefined);
  const blobs = postgresBlobStore({ client: pool, prefix });
  return {
    blobs,
    records: postgresRecordStore({ client: pool, prefix }),
    sweep: async () => {
      await blobs.sweepAbandoned({ olderThanSeconds: 0 });
    },
    close: () => pool.end(),
  };
}
