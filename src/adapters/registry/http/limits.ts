import { UsageError } from '../../../errors.ts';

/** Bounds on what a registry may answer. */
export interface RepositoryLimits {
  /** Bytes of one manifest or index. 4 MiB by default, at most 100 MiB. */
  readonly manifestBytes: number;
  /** Bytes of one page of a list. 8 MiB by default. */
  readonly pageBytes: number;
  /** Pages of one list. 10,000 by default. */
  readonly pages: number;
  /** Tags, repositories or referrers of one list. 1,000,000 by default. */
  readonly names: number;
}

/** The limits where the caller gives none. */
export const defaultRepositoryLimits: RepositoryLimits = /* @__PURE__ */ Object.freeze({
  manifestBytes: 4 << 20,
  pageBytes: 8 << 20,
  pages: 10_000,
  names: 1_000_000,
});

const hardManifestBytes = 100 << 20;

/**
 * The default limits with those of the caller put over them.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a name that is no limit, and a value that is out of range.
 */
export function repositoryLimits(
  limits: { readonly [Name in keyof RepositoryLimits]?: RepositoryLimits[Name] | undefined } = {},
): RepositoryLimits {
  const merged: Record<keyof RepositoryLimits, number> = { ...defaultRepositoryLimits };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(merged, name)) throw badLimit(`limit ${JSON.stringify(name)} is not known`);
    if (value === undefined) continue;
    const most = name === 'manifestBytes' ? hardManifestBytes : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < 1 || value > most) {
      throw badLimit(`limit ${name} is ${String(value)}, expected a whole number from 1 to ${most}`);
    }
    merged[name as keyof RepositoryLimits] = value;
  }
  return merged;
}

function badLimit(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument: 'limits' });
}
