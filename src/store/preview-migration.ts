import type { BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { MigrationReport } from './migrate-blobs.ts';

/** What a migration would copy: what the target does not know. Reads no blob. */
export async function previewMigration(
  from: BlobStore,
  to: BlobStore,
  options: OperationOptions,
): Promise<MigrationReport> {
  let [copied, present, bytes] = [0, 0, 0];
  for await (const { digest, size } of from.list(options)) {
    if ((await to.stat(digest, options)) !== undefined) present++;
    else {
      copied++;
      bytes += size;
    }
  }
  return {
    complete: false,
    dryRun: true,
    copied,
    present,
    verified: 0,
    resumed: 0,
    deleted: 0,
    bytes,
    flipped: false,
    errors: [],
  };
}
