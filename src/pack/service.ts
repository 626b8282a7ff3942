import type { Descriptor } from '../oci/descriptor.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { OperationOptions, PackEventListener } from '../ports/operation.ts';
import type { Registry } from '../ports/registry.ts';
import type { Signer } from '../ports/signer.ts';
import type { Source } from '../ports/source.ts';
import { checkCount, checkObject, checkOptions, operationKeys } from '../bytes/check-options.ts';
import type { CopyOptions, CopyResult } from './copy.ts';
import type { DiffOptions, PackDiff } from './diff.ts';
import type { InspectOptions, Inspection } from './inspect.ts';
import { packLimits, type PackLimits } from './limits.ts';
import type { LocateArtifact } from './pack-lock.ts';
import { openLocation, resolveLocation, type PackLocation, type RegistryLookup } from './pack-location.ts';
import type { PackFilesInput, PackInput, PackOptions, PackResult } from './pack-input.ts';
import type { Attestation, AttestPackOptions, SignPackOptions, SignResult } from './sign-options.ts';
import type { PackSbom, SbomPackOptions } from './sbom.ts';
import type { UnpackOptions, UnpackResult } from './unpack.ts';
import type { Policy } from '../verify/policy.ts';
import type { PolicyAndTrust, VerifyPackOptions } from './verification-input.ts';
import type { PackVerdict } from './verify.ts';
import type { WriteContext } from './write-pack.ts';

/** What a service works with. */
export interface PackServiceOptions {
  /** The registry of a host that a reference names. Asked once for each host. */
  readonly registries?: RegistryLookup | undefined;
  /** Where the artifacts of a lock come from, asked in order. */
  readonly sources?: readonly Source[] | undefined;
  /** The address that an entry is fetched from, as npm's configuration has it for example. It is never written. */
  readonly locate?: LocateArtifact | undefined;
  readonly limits?: Partial<PackLimits> | undefined;
  /** How many things are moved at a time; 8 by default. */
  readonly concurrency?: number | undefined;
  /** Is told what happens in every operation that has no listener of its own. */
  readonly onEvent?: PackEventListener | undefined;
  /** Ends every operation of the service. */
  readonly signal?: AbortSignal | undefined;
}

/** The verbs. Every one takes a signal, and reports what it does. */
export interface PackService {
  /**
   * Packs a lockfile, or files and folders. The tag is written last; a pack that fails leaves nothing visible.
   *
   * @throws UsageError, FormatError, IntegrityError, SourceError, StoreError, RegistryError; the message names the file
   * or entry, `hint` says what to do.
   */
  pack(input: PackInput, to: PackLocation, options?: PackOptions): Promise<PackResult>;
  /** Copies a manifest with everything that belongs to it: contents before what names them, the tag last. */
  copy(from: PackLocation, to: PackLocation, options?: CopyOptions): Promise<CopyResult>;
  /** Reads what a pack says of itself, without its contents. */
  inspect(from: PackLocation, options?: InspectOptions): Promise<Inspection>;
  /**
   * Builds the bill of materials of a pack from its lock. No artifact is read; the same pack gives the same bytes.
   *
   * @throws UsageError `ERR_UNSUPPORTED` for what is no pack of a lock.
   */
  sbom(from: PackLocation, options: SbomPackOptions): Promise<PackSbom>;
  /** Writes the files of a pack: all or nothing, and only bytes that were checked. */
  unpack(from: PackLocation, sink: FileSink, options?: UnpackOptions): Promise<UnpackResult>;
  /** The descriptor of the manifest that a location names. */
  resolve(from: PackLocation, options?: OperationOptions): Promise<Descriptor>;
  /** Packs files that refer to a manifest, which finds them among its referrers. */
  attach(subject: PackLocation, input: PackFilesInput, options?: PackOptions): Promise<PackResult>;
  /** What two packs differ in. */
  diff(a: PackLocation, b: PackLocation, options?: DiffOptions): Promise<PackDiff>;
  /**
   * Verifies a pack by the signatures and attestations that its repository has, and gives the verdict only where it is
   * yes. It is about the digest that it names; nothing is fetched but from the repository.
   *
   * @throws VerificationError with the report: `ERR_NO_SIGNATURES`; `ERR_SIGNATURES_HIDDEN` and
   * `ERR_SIGNATURES_UNREACHABLE` where not everything could be seen; else what is wrong. Also as `evaluate` does.
   */
  verify(from: PackLocation, policy: Policy | PolicyAndTrust, options?: VerifyPackOptions): Promise<PackVerdict>;
  /**
   * Verifies a pack as `verify` does, and gives the verdict whatever it is: look at `report.verdict`.
   *
   * @throws UsageError, RegistryError; FormatError `ERR_LIMIT_EXCEEDED` for more signatures than are looked at.
   */
  evaluate(from: PackLocation, policy: Policy | PolicyAndTrust, options?: VerifyPackOptions): Promise<PackVerdict>;
  /**
   * Signs a pack, and attaches the signature in the shape that cosign 3 writes and finds. What is named is read once,
   * and the signature is about its digest; it is verified before it is attached. Where anything fails, nothing is
   * attached, though a log may have an entry by then.
   *
   * @throws SigningError, and whatever the signer throws; StoreError `ERR_CONFLICT` where the tag moved meanwhile;
   * UsageError, RegistryError.
   */
  sign(subject: PackLocation, signer: Signer, options?: SignPackOptions): Promise<SignResult>;
  /**
   * Signs a statement about a pack: a provenance, an SBOM, the results of tests. It is attached as a signature is.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT` for a predicate that is no object of JSON; FormatError
   * `ERR_LIMIT_EXCEEDED` for a statement of more than 11.25 MiB; else as `sign` does.
   */
  attest(
    subject: PackLocation,
    attestation: Attestation,
    signer: Signer,
    options?: AttestPackOptions,
  ): Promise<SignResult>;
}

const serviceKeys = ['registries', 'sources', 'locate', 'limits', 'concurrency', 'onEvent', 'signal'];

/** What the verbs share. */
interface Bound {
  readonly registries: RegistryLookup;
  readonly sources: readonly Source[];
  readonly locate: LocateArtifact | undefined;
  readonly limits: PackLimits;
  readonly concurrency: number;
  /** The options of one call over those of the service. */
  readonly options: (options: OperationOptions) => OperationOptions;
}

/**
 * Binds ports to the verbs.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an option that is not known or cannot be used.
 */
export function bindPackService(options: PackServiceOptions & { readonly registries: RegistryLookup }): PackService {
  checkOptions('options', options, serviceKeys);
  const bound: Bound = {
    registries: cachedLookup(options.registries),
    sources: options.sources ?? [],
    locate: options.locate,
    limits: packLimits(options.limits),
    concurrency: checkCount('concurrency', options.concurrency, 8),
    options: (own) => merged(options, own),
  };
  return {
    pack: (input, to, own = {}) => pack(bound, input, to, own),
    attach: (subject, input, own = {}) => attach(bound, subject, input, own),
    async resolve(from, own = {}) {
      checkOptions('options', own, operationKeys);
      return resolveLocation(await openLocation(from, bound.registries), bound.options(own));
    },
    async copy(from, to, own = {}) {
      const { copyPack } = await import('./copy.ts');
      const ends = [await openLocation(from, bound.registries), await openLocation(to, bound.registries)] as const;
      return copyPack(...ends, withDefaults(bound, own));
    },
    async inspect(from, own = {}) {
      const { inspectPack } = await import('./inspect.ts');
      return inspectPack(await openLocation(from, bound.registries), { ...own, ...bound.options(own) });
    },
    async sbom(from, own) {
      checkObject('options', own);
      const { sbomOfPack } = await import('./sbom.ts');
      return sbomOfPack(await openLocation(from, bound.registries), { ...own, ...bound.options(own) });
    },
    async unpack(from, sink, own = {}) {
      const { unpackPack } = await import('./unpack.ts');
      return unpackPack(await openLocation(from, bound.registries), sink, bound.limits, withDefaults(bound, own));
    },
    async diff(a, b, own = {}) {
      const { diffPacks } = await import('./diff.ts');
      const ends = [await openLocation(a, bound.registries), await openLocation(b, bound.registries)] as const;
      return diffPacks(...ends, { ...own, ...bound.options(own) });
    },
    async verify(from, policy, own = {}) {
      const { verifyPack } = await import('./verify.ts');
      return verifyPack(await openLocation(from, bound.registries), policy, withDefaults(bound, own));
    },
    async evaluate(from, policy, own = {}) {
      const { evaluatePack } = await import('./verify.ts');
      return evaluatePack(await openLocation(from, bound.registries), policy, withDefaults(bound, own));
    },
    async sign(subject, signer, own = {}) {
      const { signPack } = await import('./sign.ts');
      return signPack(await openLocation(subject, bound.registries), signer, { ...own, ...bound.options(own) });
    },
    async attest(subject, attestation, signer, own = {}) {
      const { attestPack } = await import('./attest.ts');
      const location = await openLocation(subject, bound.registries);
      return attestPack(location, attestation, signer, { ...own, ...bound.options(own) });
    },
  };
}

/** Each host has one registry for the life of a service: what was learned of it, and its tokens, serve every call. */
function cachedLookup(registries: RegistryLookup): RegistryLookup {
  const found = new Map<string, Promise<Registry>>();
  return (host) => {
    const known = found.get(host);
    if (known !== undefined) return known;
    const asked = Promise.resolve(host).then(registries);
    found.set(host, asked);
    // A lookup that failed is asked again next time.
    asked.catch(() => found.delete(host));
    return asked;
  };
}

/** A call's own options, with what the service says where they say nothing. */
function withDefaults<T extends PackOptions>(bound: Bound, own: T): T {
  const { concurrency = bound.concurrency } = own;
  return { ...own, ...bound.options(own), concurrency };
}

function merged(service: PackServiceOptions, own: OperationOptions): OperationOptions {
  const signals = [service.signal, own.signal].filter((signal) => signal !== undefined);
  const signal = signals.length === 2 ? AbortSignal.any(signals) : signals[0];
  return { signal, onEvent: own.onEvent ?? service.onEvent, parent: own.parent };
}

async function pack(bound: Bound, input: PackInput, to: PackLocation, own: PackOptions): Promise<PackResult> {
  const context = await writeContext(bound, to, own);
  checkObject('input', input);
  if (!('lockfile' in input)) {
    const { packFiles } = await import('./pack-files.ts');
    return packFiles(input, context);
  }
  const { packLock } = await import('./pack-lock.ts');
  const { sources, locate, limits } = bound;
  return packLock(input, { ...context, sources, locate, limits });
}

async function writeContext(bound: Bound, to: PackLocation, own: PackOptions): Promise<WriteContext> {
  checkOptions('options', own, [...operationKeys, 'concurrency']);
  const concurrency = checkCount('concurrency', own.concurrency, bound.concurrency);
  return { target: await openLocation(to, bound.registries), concurrency, options: bound.options(own) };
}

async function attach(
  bound: Bound,
  subject: PackLocation,
  input: PackFilesInput,
  own: PackOptions,
): Promise<PackResult> {
  const context = await writeContext(bound, subject, own);
  const { mediaType, digest, size } = await resolveLocation(context.target, context.options);
  const { packFiles } = await import('./pack-files.ts');
  const { repository } = context.target;
  return packFiles(input, { ...context, target: { repository } }, { subject: { mediaType, digest, size } });
}
