import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { chunksOf } from '../bytes/stream.ts';
import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { BlobStat, BlobStore } from '../ports/blob-store.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported, type Report } from '../ports/report.ts';
import { isCorrupt, problemOf, type BlobProblem } from './blob-problem.ts';
import { moveBlob } from './move-blob.ts';

/** What is audited. */
export interface AuditBlobsOptions extends OperationOptions {
  readonly blobs: BlobStore;
  /** Everything that must be there. Without it, only what the store lists is checked, and nothing is an orphan. */
  readonly reachable?: Iterable<Descriptor> | undefined;
  /**
   * Stores that good bytes are taken from, the first that has them first: what is missing is put, what is corrupt is
   * replaced, and read back. Without it nothing is changed.
   */
  readonly repairFrom?: readonly BlobStore[] | undefined;
}

/** A blob that an audit repaired. */
export interface RepairedBlob {
  readonly digest: Digest;
  readonly was: 'missing' | 'corrupt';
  /** The id of the store that had the bytes. */
  readonly from: string;
}

/** What an audit found. */
export interface AuditReport {
  /** True when nothing is missing, corrupt, of the wrong size, or unreadable, or no longer is. Orphans do no harm. */
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
  /** With `repairFrom`: what was missing or corrupt, and is good now. It is in none of the lists above. */
  readonly repaired?: readonly RepairedBlob[] | undefined;
}

/**
 * Reads every byte of every blob, and compares: with its digest, with what must be there, with the sizes that
 * descriptors say. Changes nothing, unless it has stores to repair from. What is wrong with single blobs is in the report; errors of listing are thrown.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export async function auditBlobs(options: AuditBlobsOptions): Promise<AuditReport> {
  checkOptions('auditBlobs', options, ['blobs', 'reachable', 'repairFrom', ...operationKeys]);
  const { blobs, reachable, repairFrom } = options;
  return reported({ verb: 'audit', name: blobs.id }, options, async (report) => {
    const audit = new Audit(blobs, report, repairFrom);
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
  readonly #repaired: RepairedBlob[] = [];
  readonly #repairFrom: readonly BlobStore[] | undefined;
  #checked = 0;
  #bytes = 0;

  constructor(blobs: BlobStore, report: Report, repairFrom: readonly BlobStore[] | undefined) {
    this.#repairFrom = repairFrom;
    this.#blobs = blobs;
    this.#report = report;
  }

  /** Reads one blob to its end, and repairs it where it can. */
  async check(digest: Digest, descriptors: readonly Descriptor[]): Promise<void> {
    try {
      const actual = (await this.#read(digest)) ?? (await this.#repair(digest, 'missing'));
      if (actual === undefined) this.#missing.push(...descriptors);
      else this.#compare(digest, descriptors, actual);
    } catch (error) {
      this.#report.options.signal?.throwIfAborted();
      if (isCorrupt(error)) await this.#replace(digest, descriptors, error);
      else this.#unreadable.push(problemOf(digest, error));
    }
  }

  async #replace(digest: Digest, descriptors: readonly Descriptor[], error: unknown): Promise<void> {
    const size = await this.#repair(digest, 'corrupt');
    if (size === undefined) this.#corrupt.push(problemOf(digest, error));
    else this.#compare(digest, descriptors, size);
  }

  /** Takes the bytes of the first store that has good ones, and gives their size; undefined where none has. */
  async #repair(digest: Digest, was: RepairedBlob['was']): Promise<number | undefined> {
    const { options } = this.#report;
    for (const from of this.#repairFrom ?? []) {
      try {
        let size = 0;
        const moved = await moveBlob(digest, { from, to: this.#blobs }, options, (count) => (size += count));
        if (moved !== 'copied') continue;
        this.#repaired.push({ digest, was, from: from.id });
        return size;
      } catch (error) {
        options.signal?.throwIfAborted();
        this.#report.note('warning', `${from.id} cannot repair ${digest}: ${problemOf(digest, error).message}`);
      }
    }
    return undefined;
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
      ...(this.#repairFrom === undefined ? {} : { repaired: this.#repaired }),
    };
  }
}
