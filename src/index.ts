/**
 * Packs software into OCI artifacts, copies, inspects and unpacks them, checks every byte, signs, attests and verifies.
 *
 * Start with {@link createPackService}. Stores, registries, sources and sinks are subpaths of their own:
 * `packwright/registry/layout`, `packwright/source/http`, `packwright/sink/fs`, `packwright/signer/key` and so on.
 *
 * @module
 */
import type { ByteSource } from './bytes/source.ts';
import type { ExtractOptions, ExtractResult } from './pack/extract.ts';
import { bindPackService, type PackService, type PackServiceOptions } from './pack/service.ts';
import type { FileSink } from './ports/file-sink.ts';
import type { Registry } from './ports/registry.ts';

/**
 * Makes the service that has the verbs: pack, copy, inspect, unpack, resolve, attach, diff, sign, attest, sbom,
 * verify.
 *
 * With no options it works in memory: every host that a reference names is a registry of its own, which is gone with
 * the service. Ports that are injected make it work anywhere.
 *
 * @example
 * ```ts
 * import { bytesSource, createPackService } from 'packwright';
 *
 * const service = createPackService();
 * const source = bytesSource(new TextEncoder().encode('hello'));
 * const packed = await service.pack({ files: [{ path: 'hello.txt', source }] }, 'registry.example/hello:1.0');
 * console.log(packed.digest);
 * ```
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an option that is not known or cannot be used.
 */
export function createPackService(options: PackServiceOptions = {}): PackService {
  return bindPackService({ ...options, registries: options.registries ?? memoryRegistries() });
}

/**
 * Writes what is in a tar or tar.gz into a sink: all of it or nothing, and nothing outside of the sink's root. Entries
 * that would escape, replace another or be devices are refused; setuid bits, owners and times are dropped.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` for a malformed archive, `ERR_UNSAFE_PATH` for an unsafe entry,
 * `ERR_LIMIT_EXCEEDED`; UsageError `ERR_UNSUPPORTED` for a compression other than gzip without a decompressor.
 */
export async function extract(
  archive: ByteSource,
  sink: FileSink,
  options: ExtractOptions = {},
): Promise<ExtractResult> {
  const { extractArchive } = await import('./pack/extract.ts');
  return extractArchive(archive, sink, options);
}

/** One registry in memory for each host, made when it is first named: until then its code need not be there. */
function memoryRegistries(): (host: string) => Promise<Registry> {
  const registries = new Map<string, Promise<Registry>>();
  return (host) => {
    const registry = registries.get(host) ?? loadMemoryRegistry(host);
    registries.set(host, registry);
    return registry;
  };
}

async function loadMemoryRegistry(id: string): Promise<Registry> {
  const { memoryRegistry } = await import('./adapters/registry/memory.ts');
  return memoryRegistry({ id });
}

export { canonicalJson } from './bytes/canonical-json.ts';
export { parseJson, type JsonLimits, type JsonValue } from './bytes/json.ts';
export { blobSource, bytesSource, streamSource, type ByteSource, type OpenOptions } from './bytes/source.ts';
export { chunksOf, readAll } from './bytes/stream.ts';
export {
  createHash,
  digestOf,
  integrityOf,
  isDigest,
  parseDigest,
  parseIntegrity,
  verifyStream,
  type Digest,
  type DigestAlgorithm,
  type Integrity,
} from './digest/index.ts';
export { exitCodeOf } from './errors/exit-code.ts';
export {
  FormatError,
  IntegrityError,
  isPackError,
  PackError,
  RegistryError,
  SigningError,
  SourceError,
  StoreError,
  TrustError,
  UsageError,
  VerificationError,
  type FormatErrorCode,
  type FormatIssue,
  type IntegrityErrorCode,
  type PackErrorCode,
  type PackErrorJson,
  type PackErrorOptions,
  type RegistryErrorCode,
  type SigningErrorCode,
  type SourceErrorCode,
  type StoreErrorCode,
  type TrustErrorCode,
  type UsageErrorCode,
  type VerificationErrorCode,
} from './errors.ts';
export type { TarEntry, TarEntryType } from './archive/index.ts';
export type { Lock, LockEntry, LockSelection, OmittedScope, SkippedEntry, SkipReason } from './lockfile/index.ts';
export type { Descriptor, ImageIndex, ImageManifest, Platform } from './oci/index.ts';
export type { BundleClaim, BundleClaims, UnreadClaim } from './pack/bundle-claims.ts';
export type { CopyOptions, CopyResult } from './pack/copy.ts';
export type { DiffedEntry, DiffOptions, PackChange, PackDiff } from './pack/diff.ts';
export type { ExtractOptions, ExtractResult } from './pack/extract.ts';
export type { FindLimits, ReferrersState } from './pack/find-bundles/candidate.ts';
export type { InspectOptions, Inspection } from './pack/inspect.ts';
export type { PackLimits } from './pack/limits.ts';
export type { PackEntry } from './pack/pack-entries.ts';
export type {
  InputFile,
  InputFolder,
  PackedArtifact,
  PackFilesInput,
  PackInput,
  PackLockInput,
  PackOptions,
  PackResult,
  Traffic,
} from './pack/pack-input.ts';
export type { LocateArtifact } from './pack/pack-lock.ts';
export type { PackLocation, RegistryLookup, RepositoryLocation } from './pack/pack-location.ts';
export type { PackSbom, SbomPackOptions } from './pack/sbom.ts';
export type { PackService, PackServiceOptions } from './pack/service.ts';
export type {
  Attestation,
  AttestPackOptions,
  SignedSubject,
  SignPackOptions,
  SignResult,
} from './pack/sign-options.ts';
export type { WrittenEntry } from './pack/tree-writer.ts';
export type { UnpackOptions, UnpackResult } from './pack/unpack.ts';
export type { PolicyAndTrust, VerifyPackOptions } from './pack/verification-input.ts';
export type { PackVerdict } from './pack/verify.ts';
export type * from './ports/index.ts';
