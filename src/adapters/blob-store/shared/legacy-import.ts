import pMap, { pMapSkip } from 'p-map';
import type { Digest } from '../../../digest/digest.ts';
import { IntegrityError } from '../../../errors.ts';
import { reported, type Report } from '../../../ports/report.ts';
import type { LegacyImportOptions, LegacyImportReport } from './legacy-blob.ts';
import { digestsNamed, readLegacy, UnreadableBlob, type LegacyEntry } from './legacy-content.ts';
import { LegacyManifest } from './legacy-manifest.ts';

/** What is imported. */
export interface LegacyPlace {
  /** Of the table or bucket, for a person. */
  readonly name: string;
  entries(signal: AbortSignal | undefined): AsyncIterable<LegacyEntry>;
  /** How many are read at once. */
  readonly concurrency: number;
}

/**
 * Copies the blobs of an older store, each under the digest of its bytes. An error of either store ends it, after
 * everything that was begun has ended.
 */
export async function importLegacy(place: LegacyPlace, options: LegacyImportOptions): Promise<LegacyImportReport> {
  const manifest = new LegacyManifest(options.manifest ?? []);
  return reported({ verb: 'copy', name: place.name }, options, (report) =>
    new LegacyImport(manifest, options, report).run(place),
  );
}

class LegacyImport {
  readonly #manifest: LegacyManifest;
  readonly #options: LegacyImportOptions;
  readonly #report: Report;
  readonly #unreadable: { integrity: string; reason: string }[] = [];
  readonly #mismatched = { integrity: 0, size: 0 };
  #imported = 0;
  #alreadyThere = 0;
  #known = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(manifest: LegacyManifest, options: LegacyImportOptions, report: Report) {
    this.#manifest = manifest;
    this.#options = options;
    this.#report = report;
  }

  async run(place: LegacyPlace): Promise<LegacyImportReport> {
    const one = async (entry: LegacyEntry): Promise<typeof pMapSkip> => {
      try {
        this.#options.signal?.throwIfAborted();
        await this.#entry(entry);
      } catch (error) {
        this.#failure ??= { error };
      }
      return pMapSkip;
    };
    await pMap(this.#entries(place), one, { concurrency: place.concurrency });
    if (this.#failure !== undefined) throw this.#failure.error;
    return {
      imported: this.#imported,
      alreadyThere: this.#alreadyThere,
      known: this.#known,
      bytes: this.#bytes,
      mismatched: this.#mismatched,
      unreadable: this.#unreadable,
      ...this.#manifest.report,
    };
  }

  /** Ends early where something failed: what is listed behind it is not begun. */
  async *#entries(place: LegacyPlace): AsyncGenerator<LegacyEntry> {
    try {
      for await (const entry of place.entries(this.#options.signal)) {
        if (this.#failure !== undefined) return;
        yield entry;
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  async #entry(entry: LegacyEntry): Promise<void> {
    const { integrity } = entry;
    this.#manifest.meet(integrity);
    const known = await this.#find(entry);
    if (known !== undefined) {
      this.#known += 1;
      this.#manifest.matches(integrity, known);
      this.#count(entry.size, false);
      return;
    }
    try {
      await this.#copy(entry);
    } catch (error) {
      if (!(error instanceof UnreadableBlob)) throw error;
      this.#unreadable.push({ integrity, reason: error.message });
    }
  }

  /** The digest that an earlier run found, where the store has it. */
  async #find({ integrity, size }: LegacyEntry): Promise<Digest | undefined> {
    const { known, blobs, signal } = this.#options;
    if (known === undefined || digestsNamed(integrity).length === 0) return undefined;
    const digest = await known(integrity);
    const there = digest === undefined ? undefined : await blobs.stat(digest, { signal });
    return there?.size === size ? digest : undefined;
  }

  async #copy(entry: LegacyEntry): Promise<void> {
    const { blobs, signal, onBlob } = this.#options;
    const { integrity } = entry;
    const { digest, size, integrityMatches, source } = await readLegacy(entry, signal);
    const { created } = await blobs.put(digest, source, this.#report.options).catch(changed);
    const sizeMatches = size === entry.size;
    const manifestMatches = this.#manifest.matches(integrity, digest);
    if (!integrityMatches) this.#mismatched.integrity += 1;
    if (!sizeMatches) this.#mismatched.size += 1;
    this.#count(size, created);
    await onBlob?.({ integrity, digest, size, created, integrityMatches, sizeMatches, manifestMatches });
  }

  #count(size: number, created: boolean): void {
    if (created) this.#imported += 1;
    else this.#alreadyThere += 1;
    this.#bytes += size;
    this.#report.progress(this.#bytes);
  }
}

/** A large blob is read twice: for its digest, and then to be stored. */
function changed(error: unknown): never {
  if (error instanceof IntegrityError) throw new UnreadableBlob('it was changed while it was read', { cause: error });
  throw error;
}
