import { utf8 } from '../bytes/encoding.ts';
import type { Digest } from '../digest/digest-name.ts';
import { UsageError } from '../errors.ts';
import type { Lock } from '../lockfile/lock.ts';
import { cycloneDxOf } from './cyclonedx.ts';
import { predicateTypes } from './predicate-types.ts';
import { sbomSubject, type SbomOptions } from './sbom-options.ts';
import { spdxOf } from './spdx.ts';
import type { StatementPredicate } from './statement.ts';

/** The formats of a bill of materials: CycloneDX 1.6 and SPDX 2.3, both as JSON. */
export type SbomFormat = 'cyclonedx' | 'spdx';

/** A bill of materials. */
export interface Sbom {
  readonly format: SbomFormat;
  /** `application/vnd.cyclonedx+json` or `application/spdx+json`. */
  readonly mediaType: string;
  /** What an attestation says of it, with `document` as the predicate. */
  readonly predicateType: string;
  readonly document: StatementPredicate;
  /** The document as it is written: the same for the same lock and options, on every runtime. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const writers = {
  cyclonedx: { mediaType: 'application/vnd.cyclonedx+json', write: cycloneDxOf },
  spdx: { mediaType: 'application/spdx+json', write: spdxOf },
};

/**
 * Builds the bill of materials of a lock: every entry with its package URL, digests, licence, scope and what it needs,
 * and by name what the lockfile lists and the pack does not have.
 *
 * Nothing in it is random, and no clock is read: serial number and namespace come from the lock's digest and the
 * options, and the order of the lock's entries does not count. Addresses are those that the lockfile gives; none is made
 * up. A lock does not say what the project itself asks for, so the pack is said to depend on what nothing else needs.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for another format, unknown options, and what is no time or digest.
 * @see https://cyclonedx.org/docs/1.6/json/
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function buildSbom(lock: Lock, format: SbomFormat, options: SbomOptions = {}): Sbom {
  return buildKnownSbom(lock, format, options);
}

/** The same of a lock whose digest is known, as it was read from bytes that have it: much of the time goes into it. */
export function buildKnownSbom(lock: Lock, format: SbomFormat, options: SbomOptions, digest?: Digest): Sbom {
  if (!Object.hasOwn(writers, format)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `format is ${JSON.stringify(format)}, expected cyclonedx or spdx`, {
      argument: 'format',
    });
  }
  const { mediaType, write } = writers[format];
  const document = write(sbomSubject(lock, format, options, digest));
  return {
    format,
    mediaType,
    predicateType: predicateTypes[format] ?? format,
    document,
    bytes: utf8(lines(document)),
  };
}

/** A line for each component, package or relationship: as quick to write as one line, and a `diff` shows what differs. */
function lines(document: StatementPredicate): string {
  const members = Object.entries(document).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[\n    ${value.map((item) => JSON.stringify(item)).join(',\n    ')}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${members.join(',\n')}\n}\n`;
}
