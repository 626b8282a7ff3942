import { FormatError, UsageError } from '../errors.ts';

/** Bounds on what an archive may make its reader do. Each can be changed by the caller, up or down. */
export interface ArchiveLimits {
  /** Entries of a tar, global headers included: 10^6. */
  readonly entries: number;
  /** Bytes of one extended header or long name: 1 MiB. */
  readonly metaBytes: number;
  /** Characters of all names together, each folder above an entry counted once by its whole path: 2^27. */
  readonly nameBytes: number;
  /** Steps from name to name that it takes to resolve all symbolic links: 10^6. */
  readonly linkSteps: number;
  /** Bytes of the whole archive, after decompression: 16 GiB. */
  readonly totalBytes: number;
  /** Bytes that may come out of one byte of gzip, once more than 1 MiB came out: 1000. */
  readonly ratio: number;
  /** Members of a gzip: 10^4. */
  readonly gzipMembers: number;
}

/** The limits that hold where the caller names none. */
export const archiveLimits: ArchiveLimits = /* @__PURE__ */ Object.freeze({
  entries: 1_000_000,
  metaBytes: 1 << 20,
  nameBytes: 1 << 27,
  linkSteps: 1_000_000,
  totalBytes: 2 ** 34,
  ratio: 1000,
  gzipMembers: 10_000,
});

/**
 * The limits of the caller over the default ones.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a limit that does not exist or is not a positive number.
 */
export function limitsOf(limits: Partial<ArchiveLimits> | undefined): ArchiveLimits {
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (!Object.hasOwn(archiveLimits, name) || !(value > 0)) {
      throw new UsageError('ERR_INVALID_ARGUMENT', `limit ${name} is ${String(value)}, expected a positive number`, {
        argument: `limits.${name}`,
      });
    }
  }
  return { ...archiveLimits, ...limits };
}

/** The error of an archive that goes beyond a limit. */
export function beyond(limit: keyof ArchiveLimits, message: string, value: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${message}, the limit is ${value}`, {
    hint: `raise limits.${limit} if the archive comes from someone you trust`,
    details: { limit, value },
  });
}

/** The error of an archive that is malformed. */
export function malformed(message: string, options: { readonly cause?: unknown } = {}): FormatError {
  return new FormatError('ERR_ARCHIVE_INVALID', message, options);
}
