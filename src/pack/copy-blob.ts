import type { Descriptor } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { startReport, type Report } from '../ports/report.ts';
import { failureOf } from './failure.ts';
import { isWrongBytes, maxAttempts } from './load-manifest.ts';
import { blobReader, type BlobReader } from './open-blob.ts';

/** What became of a blob. */
export type BlobOutcome = 'copied' | 'mounted' | 'reused';

/** The two ends of a copy. */
export interface CopyEnds {
  readonly from: Repository;
  readonly to: Repository;
  /** Names of repositories beside the target that may have the blob. One that refuses is taken out. */
  readonly mountFrom: Set<string>;
}

/**
 * Brings one blob to the target: not at all where it is there, by mounting where that can be done, else as a stream.
 * The target checks it, and nobody else does. What comes wrong from the source is asked for again, 5 times in all.
 */
export async function copyBlob(
  descriptor: Descriptor,
  ends: CopyEnds,
  options: OperationOptions,
): Promise<BlobOutcome> {
  const report = startReport({ verb: 'copy', descriptor, total: descriptor.size }, options);
  try {
    const outcome = await bring(descriptor, ends, report);
    report.done(outcome === 'copied' ? {} : { reused: true });
    return outcome;
  } catch (error) {
    report.failed(error);
    throw error;
  }
}

async function bring(descriptor: Descriptor, ends: CopyEnds, report: Report): Promise<BlobOutcome> {
  if (await mounted(descriptor, ends, report)) return 'mounted';
  for (let attempt = 1; ; attempt++) {
    const reader = blobReader(descriptor, ends.from, report);
    try {
      const { created } = await ends.to.blob.put(descriptor, reader.source, report.options);
      return created ? 'copied' : 'reused';
    } catch (error) {
      report.options.signal?.throwIfAborted();
      const failure = sourceFailure(reader, error);
      if (failure === undefined) throw failureOf(error, 'destination', { digest: descriptor.digest });
      if (!isWrongBytes(failure) || attempt === maxAttempts) {
        throw failureOf(failure, 'source', { digest: descriptor.digest });
      }
      report.note('retry', failure instanceof Error ? failure.message : 'wrong bytes');
    }
  }
}

/** What the source did wrong: it failed, or the target found that the bytes it gave are not those of the digest. */
function sourceFailure(reader: BlobReader, error: unknown): unknown {
  return reader.failure() ?? (reader.opened() && isWrongBytes(error) ? error : undefined);
}

/** A repository that cannot be mounted from, for want of a right for example, is no reason not to send the bytes. */
async function mounted(descriptor: Descriptor, { to, mountFrom }: CopyEnds, report: Report): Promise<boolean> {
  if (!to.capabilities.mount) return false;
  for (const name of mountFrom) {
    if (name === to.name) continue;
    try {
      if (await to.blob.mount(descriptor.digest, name, report.options)) return true;
    } catch (error) {
      report.options.signal?.throwIfAborted();
      if (mountFrom.delete(name)) report.note('fallback', `${name} cannot be mounted from: ${messageOf(error)}`);
    }
  }
  return false;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'failed';
}
