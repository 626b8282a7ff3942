import { UsageError } from '../errors.ts';

/** Bounds on OCI documents and on the graph that they form. */
export interface OciLimits {
  /** Bytes of one manifest, index or config. 4 MiB by default, which is what registries accept. */
  readonly manifestBytes: number;
  /** How many indexes may lie inside one another. 8 by default. */
  readonly indexDepth: number;
  /** How many manifests and indexes one graph may have. 10,000 by default. */
  readonly manifests: number;
  /** How many other blobs one graph may have. 1,000,000 by default. */
  readonly blobs: number;
}

/** The limits where the caller gives none. */
export const defaultOciLimits: OciLimits = /* @__PURE__ */ Object.freeze({
  manifestBytes: 4 * 1024 * 1024,
  indexDepth: 8,
  manifests: 10_000,
  blobs: 1_000_000,
});

/**
 * The default limits with those of the caller put over them.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a name that is no limit, and a value that is not a whole number.
 */
export function ociLimits(
  limits: { readonly [Name in keyof OciLimits]?: OciLimits[Name] | undefined } = {},
): OciLimits {
  const merged: Record<keyof OciLimits, number> = { ...defaultOciLimits };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultOciLimits, name)) throw badLimit(`limit ${JSON.stringify(name)} is not known`);
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw badLimit(`limit ${name} is ${String(value)}, expected a whole number of at least 0`);
    }
    merged[name as keyof OciLimits] = value;
  }
  return merged;
}

function badLimit(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument: 'limits' });
}
