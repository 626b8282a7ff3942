import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { chunksOf } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported, type Report } from '../ports/report.ts';
import { isCorrupt, problemOf, type BlobProblem } from './blob-problem.ts';

/** What is audited. */
export interface AuditBlobsOptions extends OperationOptions {
  readonly blobs: BlobStore;
  /** Everything that must be there. Without it, only what the store lists is checked, and nothing is an orphan. */
  readonly reachable?: Iterable<Descriptor> | undefined;
}

/** What an audit found. */
export interface AuditReport {
  /** True when nothing is missing, corrupt, of the wrong size, or unreadable. Orphans do no harm. */
  readonly ok: boolean;
  /** Blobs that were read to their end, or to where they went wrong. */
  readonly checked: number;
  /** Bytes that were read. */
  readonly bytes: number;
  /** What must be there and is not. */
  readonly missing: readonly Descriptor[];
  /** Blobs whose bytes are not those of their digest. */
  readonly corrupt: readonly BlobProblem[];
  /** Blobs whose bytes are right, and which a descriptor gives another size. */
  readonly wrongSize: readonly { readonly digest: Digest; readonly expected: number; readonly actual: number }[];
  /** Blobs that could not be read. */
  readonly unreadable: readonly BlobProblem[];
  /** Blobs that nothing names. They were read and checked like the others. */
  readonly orphans: readonly BlobStat[];
}

/**
 * Reads every byte of every blob, and compares: with its digest, with what must be there, with the sizes that
 * descriptors say. Changes nothing. What is wrong with single blobs is in the report; errors of listing are thrown.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export async function auditBlobs(options: AuditBlobsOptions): Promise<AuditReport> {
  checkOptions('auditBlobs', options, ['blobs', 'reachable', ...operationKeys]);
  const { blobs, reachable } = options;
  return reported({ verb: 'audit', name: blobs.id }, options, async (report) => {
    const audit = new Audit(blobs, report);
    const named = new Map<Digest, Descriptor[]>();
    for (const descriptor of reachable ?? []) {
      named.set(descriptor.digest, [...(named.get(descriptor.digest) ?? []), descriptor]);
    }
    for (const [digest, descriptors] of named) await audit.check(digest, descriptors);
    if (blobs.abilities.list) {
      for await (const blob of blobs.list(report.options)) {
        if (named.has(blob.digest)) continue;
        if (reachable !== undefined) audit.orphans.push(blob);
        await audit.check(blob.digest, []);
      }
    }
    return audit.report();
  });
}

class Audit {
  readonly orphans: BlobStat[] = [];
  readonly #blobs: BlobStore;
  readonly #report: Report;
  readonly #missing: Descriptor[] = [];
  readonly #corrupt: BlobProblem[] = [];
  readonly #wrongSize: { digest: Digest; expected: number; actual: number }[] = [];
  readonly #unreadable: BlobProblem[] = [];
  #checked = 0;
  #bytes = 0;

  constructor(blobs: BlobStore, report: Report) {
    this.#blobs = blobs;
    this.#report = report;
  }

  /** Reads one blob to its end. */
  async check(digest: Digest, descriptors: readonly Descriptor[]): Promise<void> {
    try {
      const actual = await this.#read(digest);
      if (actual === undefined) this.#missing.push(...descriptors);
      else this.#compare(digest, descriptors, actual);
    } catch (error) {
      this.#report.options.signal?.throwIfAborted();
      const bad = isCorrupt(error) ? this.#corrupt : this.#unreadable;
      bad.push(problemOf(digest, error));
    }
  }

  async #read(digest: Digest): Promise<number | undefined> {
    const { options } = this.#report;
    const blob = await this.#blobs.get(digest, options);
    if (blob === undefined) return undefined;
    this.#checked++;
    let size = 0;
    for await (const chunk of chunksOf(await blob.open(options), options)) {
      size += chunk.length;
      this.#bytes += chunk.length;
      this.#report.progress(this.#bytes);
    }
    return size;
  }

  #compare(digest: Digest, descriptors: readonly Descriptor[], actual: number): void {
    for (const { size } of descriptors) {
      if (size !== actual) this.#wrongSize.push({ digest, expected: size, actual });
    }
  }

  report(): AuditReport {
    const [missing, corrupt, wrongSize, unreadable] = [this.#missing, this.#corrupt, this.#wrongSize, this.#unreadable];
    return {
      ok: missing.length + corrupt.length + wrongSize.length + unreadable.length === 0,
      checked: this.#checked,
      bytes: this.#bytes,
      missing,
      corrupt,
      wrongSize,
      unreadable,
      orphans: this.orphans,
    };
  }
}
