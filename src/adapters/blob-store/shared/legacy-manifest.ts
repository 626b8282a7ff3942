import { isDigest, type Digest } from '../../../digest/digest.ts';
import { UsageError } from '../../../errors.ts';
import type { LegacyImportReport, LegacyManifestEntry } from './legacy-blob.ts';

/** A manifest beside what is met of it. */
export class LegacyManifest {
  /** The digests that each key may have: none where the manifest names no bytes. */
  readonly #expected = new Map<string, Digest[]>();
  readonly #met = new Set<string>();
  readonly #unlike: LegacyImportReport['unlikeManifest'][number][] = [];

  /** @throws UsageError `ERR_INVALID_ARGUMENT`. */
  constructor(entries: Iterable<LegacyManifestEntry>) {
    for (const entry of entries) {
      const { integrity, blobSha256 } = checked(entry);
      const expected = this.#expected.get(integrity) ?? [];
      if (blobSha256 !== undefined) expected.push(`sha256:${blobSha256.toLowerCase()}`);
      this.#expected.set(integrity, expected);
    }
  }

  meet(integrity: string): void {
    if (this.#expected.has(integrity)) this.#met.add(integrity);
  }

  /** Compares the bytes of a key; undefined where there is nothing to compare them with. */
  matches(integrity: string, actual: Digest): boolean | undefined {
    const expected = this.#expected.get(integrity) ?? [];
    if (expected.length === 0) return undefined;
    if (expected.includes(actual)) return true;
    this.#unlike.push({ integrity, expected, actual });
    return false;
  }

  get report(): Pick<LegacyImportReport, 'unlikeManifest' | 'missing'> {
    const missing = [...this.#expected.keys()].filter((integrity) => !this.#met.has(integrity));
    return { unlikeManifest: this.#unlike, missing };
  }
}

function checked(entry: LegacyManifestEntry): LegacyManifestEntry {
  const { integrity, blobSha256 } = entry as Partial<Record<keyof LegacyManifestEntry, unknown>>;
  const right = blobSha256 === undefined || (typeof blobSha256 === 'string' && isDigest(hexDigest(blobSha256)));
  if (typeof integrity === 'string' && right) return entry;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    'manifest has an entry without an integrity, or whose blobSha256 is no SHA-256 in hex',
    { argument: 'manifest' },
  );
}

function hexDigest(hex: string): string {
  return `sha256:${hex.toLowerCase()}`;
}
