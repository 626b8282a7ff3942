import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import { defined } from '../../../http/http-client.ts';

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
const defaultRepositoryLimits: RepositoryLimits = /* @__PURE__ */ Object.freeze({
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
  checkOptions('limits', limits, Object.keys(defaultRepositoryLimits));
  for (const [name, value] of Object.entries(limits)) checkCount(name, value, 1);
  const merged = { ...defaultRepositoryLimits, ...defined(limits) };
  if (merged.manifestBytes <= hardManifestBytes) return merged;
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `manifestBytes is ${merged.manifestBytes}, expected at most ${hardManifestBytes}`,
    { argument: 'manifestBytes' },
  );
}
