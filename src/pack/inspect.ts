import type { Lock } from '../lockfile/index.ts';
import type { Descriptor, Platform } from '../oci/descriptor.ts';
import { artifactTypeOf, successorsOf, type ImageIndex, type ImageManifest } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { ReferrersAnswer, Repository } from '../ports/registry.ts';
import { reported } from '../ports/report.ts';
import { checkOptions, operationKeys } from '../bytes/check-options.ts';
import { loadImageManifest, loadManifest, type LoadedManifest, type NamedManifest } from './load-manifest.ts';
import { loadLock } from './load-lock.ts';
import { readClaims, type BundleClaims } from './bundle-claims.ts';
import { loadNamed } from './load-named.ts';
import { packEntries, type PackEntry } from './pack-entries.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import { defaultFindLimits } from './verification-input.ts';

export interface InspectOptions extends OperationOptions {
  /** Looks at the manifest for this platform in an index, rather than at the index. */
  readonly platform?: Platform | string | undefined;
  /** Asks what refers to the manifest, and reads what the signatures among that say of themselves. True by default. */
  readonly referrers?: boolean | undefined;
}

/** What a pack says of itself. */
export interface Inspection {
  readonly reference?: string | undefined;
  readonly descriptor: Descriptor;
  /** The manifest or index as it came. */
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest | ImageIndex;
  /** What the artifact is, where it says so. */
  readonly artifactType?: string | undefined;
  /** Of a pack of a lock. */
  readonly lock?: Lock | undefined;
  /** What is in it, by path. Of an index: nothing. */
  readonly entries: readonly PackEntry[];
  /** What refers to it, and where that is known from. Absent where it was not asked. */
  readonly referrers?: ReferrersAnswer | undefined;
  /** What its signatures and attestations say of themselves; verified is none of it. Absent where it was not asked. */
  readonly bundles?: BundleClaims | undefined;
  /** Bytes of the manifest and of what it names, each blob counted once. */
  readonly size: number;
}

/** Reads the manifest, the lock where it has one, and what refers to it. No layer is read. */
export function inspectPack(location: OpenLocation, options: InspectOptions): Promise<Inspection> {
  checkOptions('options', options, [...operationKeys, 'platform', 'referrers']);
  return reported({ verb: 'inspect', name: describeLocation(location) }, options, async (report) => {
    const { repository, text } = location;
    const named = await loadNamed(location, report.options);
    const loaded = await load(repository, named, report.options, options.platform);
    const { descriptor, bytes, parsed } = loaded;
    const artifactType = artifactTypeOf(parsed.document);
    const lock = parsed.kind === 'manifest' ? await loadLock(repository, parsed.document, report.options) : undefined;
    const entries = parsed.kind === 'manifest' ? packEntries(parsed.document, lock) : [];
    return {
      ...(text === undefined ? {} : { reference: text }),
      descriptor: artifactType === undefined ? descriptor : { ...descriptor, artifactType },
      bytes,
      manifest: parsed.document,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(lock === undefined ? {} : { lock }),
      entries,
      ...(options.referrers === false ? {} : await lookBeside(repository, loaded, report.options)),
      size: sizeOf(loaded),
    };
  });
}

/** What refers to a manifest, and what the bundles among that say of themselves. */
async function lookBeside(
  repository: Repository,
  loaded: LoadedManifest,
  options: OperationOptions,
): Promise<Required<Pick<Inspection, 'referrers' | 'bundles'>>> {
  const referrers = await repository.referrers(loaded.descriptor.digest, options);
  const context = { repository, limits: defaultFindLimits, concurrency: 8, options, known: referrers };
  return { referrers, bundles: await readClaims(loaded, context) };
}

function load(
  repository: Repository,
  named: NamedManifest,
  options: OperationOptions,
  platform: Platform | string | undefined,
): Promise<LoadedManifest> {
  if (platform === undefined) return loadManifest(repository, named, options);
  return loadImageManifest(repository, named, { ...options, platform });
}

function sizeOf({ descriptor, parsed }: LoadedManifest): number {
  const sizes = new Map(successorsOf(parsed).map(({ digest, size }) => [digest, size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, descriptor.size);
}
