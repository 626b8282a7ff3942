import { buildKnownSbom, type Sbom, type SbomFormat } from '../attest/sbom.ts';
import type { SbomOptions } from '../attest/sbom-options.ts';
import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { UsageError } from '../errors.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { loadImageManifest } from './load-manifest.ts';
import { loadLock } from './load-lock.ts';
import { loadNamed } from './load-named.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';

export interface SbomPackOptions extends OperationOptions, Omit<SbomOptions, 'digest'> {
  readonly format: SbomFormat;
  /** Picks the manifest out of an index. */
  readonly platform?: Platform | string | undefined;
}

/** The bill of materials of a pack. */
export interface PackSbom extends Sbom {
  /** The manifest that it is of, whose digest is in it. */
  readonly subject: Descriptor;
}

/**
 * Builds the bill of materials of a pack from its lock. No artifact is read.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for what is no pack of a lock: what is in it nobody has written down.
 */
export function sbomOfPack(location: OpenLocation, options: SbomPackOptions): Promise<PackSbom> {
  checkOptions('options', options, [...operationKeys, 'format', 'platform', 'name', 'version', 'created']);
  return reported({ verb: 'inspect', name: describeLocation(location) }, options, async (report) => {
    const { repository } = location;
    const { format, platform, name, version, created } = options;
    const named = await loadNamed(location, report.options);
    const { descriptor, parsed } = await loadImageManifest(repository, named, { ...report.options, platform });
    const lock = await loadLock(repository, parsed.document, report.options);
    const { mediaType, digest, size } = descriptor;
    if (lock === undefined) throw noLock(digest);
    const said = { name, version, digest, created };
    return {
      subject: { mediaType, digest, size },
      ...buildKnownSbom(lock, format, said, parsed.document.config.digest),
    };
  });
}

function noLock(digest: string): UsageError {
  return new UsageError('ERR_UNSUPPORTED', `manifest ${digest} is no pack of a lockfile, so it has no lock to read`, {
    argument: 'reference',
    hint: 'attach a bill of materials that another tool made: packwright attach REF FILE --artifact-type TYPE',
  });
}
