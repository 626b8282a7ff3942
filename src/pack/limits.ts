import { UsageError } from '../errors.ts';

/** Bounds on what comes from outside. */
export interface PackLimits {
  /** Bytes of one artifact; 4 GiB by default. */
  readonly artifactBytes: number;
  /** Bytes of all artifacts of one lock together, or of everything that one unpack writes; 16 GiB by default. */
  readonly totalBytes: number;
}

const defaults: PackLimits = { artifactBytes: 2 ** 32, totalBytes: 2 ** 34 };

/**
 * The limits of the caller over the default ones.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a limit that does not exist or is not a whole number from 1.
 */
export function packLimits(limits: Partial<PackLimits> | undefined): PackLimits {
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (!Object.hasOwn(defaults, name) || !Number.isSafeInteger(value) || value < 1) {
      throw new UsageError(
        'ERR_INVALID_ARGUMENT',
        `limit ${name} is ${String(value)}, expected a whole number from 1`,
        {
          argument: `limits.${name}`,
          hint: `known limits are ${Object.keys(defaults).join(', ')}`,
        },
      );
    }
  }
  return { ...defaults, ...limits };
}
