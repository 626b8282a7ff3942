import { digestOf, isDigest, isDigestAlgorithm, type Digest } from '../../../digest/digest.ts';
import { verifyBytes } from '../../../digest/verify-stream.ts';
import { IntegrityError, RegistryError, UsageError } from '../../../errors.ts';
import { contentLength } from '../../../http/answer-head.ts';
import type { Exchange } from '../../../http/exchange.ts';
import { strongTag } from '../../../http/range.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import {
  dockerManifest,
  dockerManifestList,
  imageIndex,
  imageManifest,
  isManifestMediaType,
} from '../../../oci/manifest-media-types.ts';
import { isTag } from '../../../oci/reference.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { StoredManifest } from '../../../ports/registry.ts';
import { askBytes } from './ask-bytes.ts';
import type { RegistryConnection, RegistryRequest, Scope } from './connection.ts';
import type { RepositoryLimits } from './limits.ts';
import { readManifestDocument, type ManifestDocument } from './manifest-document.ts';

/** One repository of a registry, and what its verbs need. */
export interface RepositoryContext {
  readonly connection: RegistryConnection;
  readonly name: string;
  /** Names the repository in errors. */
  readonly id: string;
  readonly limits: RepositoryLimits;
}

/** A manifest as a registry gave it. */
export interface FetchedManifest extends StoredManifest {
  readonly document: ManifestDocument;
  /** What a later change can name as the version that it changes. */
  readonly etag: string | undefined;
}

/** How a manifest is asked for. */
export interface FetchOptions extends OperationOptions {
  /** True where a mirror may answer: not where the answer is changed and put again. */
  readonly mirrored?: boolean | undefined;
}

// One list for tags and digests alike: registries answer 404, or another manifest, where the type is not in it.
const accept = [imageManifest, imageIndex, dockerManifest, dockerManifestList].join(', ');

/** What reading a repository needs to be allowed. */
export function pullScope(name: string): readonly Scope[] {
  return [{ repository: name, actions: ['pull'] }];
}

/** Where a manifest is, below `/v2/`. */
export function manifestPath({ name }: RepositoryContext, reference: string): string {
  return `${name}/manifests/${reference}`;
}

/**
 * Takes a string that must be a tag or a digest.
 *
 * @throws UsageError `ERR_INVALID_REFERENCE`.
 */
export function checkReference({ id }: RepositoryContext, reference: string): string {
  if (isDigest(reference) || isTag(reference)) return reference;
  throw new UsageError(
    'ERR_INVALID_REFERENCE',
    `reference ${JSON.stringify(String(reference).slice(0, 160))} is no tag and no digest of ${id}`,
    { argument: 'reference' },
  );
}

/**
 * The manifest that a tag or a digest names (distribution-spec 1.1.1, "Pulling manifests"), its bytes checked against
 * the digest that was asked for, and against the one that the registry says.
 *
 * @throws IntegrityError, FormatError, RegistryError.
 */
export async function fetchManifest(
  context: RepositoryContext,
  reference: string,
  options: FetchOptions = {},
): Promise<FetchedManifest | undefined> {
  const answer = await askBytes(context.connection, manifestPath(context, reference), {
    ...requestOf(context, options),
    maxBytes: context.limits.manifestBytes,
    check: ({ response }) => {
      if (response.status !== 404) manifestTypeOf(context, response.headers);
    },
  });
  const { bytes, response } = answer;
  if (response.status === 404) return undefined;
  const digest = digestOfAnswer(bytes, reference, response.headers);
  const mediaType = manifestTypeOf(context, response.headers);
  const document = readManifestDocument(bytes, mediaType);
  const descriptor = describe({ mediaType, digest, size: bytes.length }, document);
  return { bytes, descriptor, document, etag: strongTag(response.headers) };
}

/** The descriptor of a manifest, with its artifact type where it has one of its own. */
export function describe(base: Descriptor, { artifactType }: ManifestDocument): Descriptor {
  return artifactType === undefined ? base : { ...base, artifactType };
}

function requestOf({ name }: RepositoryContext, options: FetchOptions): RegistryRequest {
  const { mirrored = false, signal, onEvent, parent } = options;
  // Compressed on its way, a body has another length than the one that is announced.
  const headers = { accept, 'accept-encoding': 'identity' };
  return { headers, scopes: pullScope(name), expect: [200, 404], mirrored, signal, onEvent, parent };
}

/** The media type of an answer, without parameters (distribution-spec 1.1.1, "Pulling manifests"). */
function manifestTypeOf({ id }: RepositoryContext, headers: Headers): string {
  const mediaType = mediaTypeOf(headers);
  if (isManifestMediaType(mediaType)) return mediaType;
  throw new RegistryError(
    'ERR_REGISTRY_PROTOCOL',
    `${id} answered with the content type ${JSON.stringify(mediaType.slice(0, 120))}, expected a manifest or an index`,
    { hint: 'check that the host is a registry, and that no login page or proxy answers in its place' },
  );
}

/** The `Content-Type` of an answer without its parameters; empty where there is none. */
export function mediaTypeOf(headers: Headers): string {
  const [mediaType = ''] = (headers.get('content-type') ?? '').split(';');
  return mediaType.trim().toLowerCase();
}

function digestOfAnswer(bytes: Uint8Array, reference: string, headers: Headers): Digest {
  checkDigestHeader(headers, bytes);
  if (isDigest(reference)) {
    verifyBytes(bytes, { digest: reference });
    return reference;
  }
  // A tag may be of a manifest that was put under its sha512. The header says so, and its bytes have been checked.
  const named = headers.get('docker-content-digest');
  return isDigest(named) ? named : digestOf(bytes);
}

/**
 * Compares `Docker-Content-Digest` with the bytes: a registry that says another digest has, or takes, another manifest.
 * Algorithms that are not known are nobody's business.
 *
 * @throws IntegrityError `ERR_DIGEST_MISMATCH`.
 */
export function checkDigestHeader(headers: Headers, bytes: Uint8Array): void {
  const actual = headers.get('docker-content-digest') ?? '';
  const algorithm = actual.slice(0, Math.max(actual.indexOf(':'), 0));
  if (!isDigestAlgorithm(algorithm)) return;
  const expected = digestOf(bytes, algorithm);
  if (actual === expected) return;
  throw new IntegrityError(
    'ERR_DIGEST_MISMATCH',
    `registry says that the manifest has digest ${actual.slice(0, 160)}, expected ${expected}`,
    { expected, actual: actual.slice(0, 160) },
  );
}

/** Statuses of a HEAD that say nothing of the manifest: GET is asked. A body would say why, and HEAD has none. */
const headRefused = [400, 403, 405, 406, 412, 415, 501];

/**
 * What a tag or a digest names, by HEAD where that tells everything, else by GET.
 *
 * @throws IntegrityError, FormatError, RegistryError.
 */
export async function resolveManifest(
  context: RepositoryContext,
  reference: string,
  options: FetchOptions = {},
): Promise<Descriptor | undefined> {
  const head = context.connection.profile.noHead ? 'unclear' : await headManifest(context, reference, options);
  if (head !== 'unclear') return head;
  const found = await fetchManifest(context, reference, options);
  if (found === undefined) return undefined;
  const { mediaType, digest, size } = found.descriptor;
  return { mediaType, digest, size };
}

async function headManifest(
  context: RepositoryContext,
  reference: string,
  options: FetchOptions,
): Promise<Descriptor | undefined | 'unclear'> {
  const request = requestOf(context, options);
  const answer = await context.connection.ask(manifestPath(context, reference), {
    ...request,
    method: 'HEAD',
    expect: [...request.expect, ...headRefused],
  });
  await answer.discard();
  if (answer.response.status === 404) return undefined;
  return answer.response.status === 200 ? headDescriptor(answer, reference, context) : 'unclear';
}

/** By digest, what was asked for is what it is; by tag, only the header can say it. */
function headDescriptor(
  { response }: Exchange,
  reference: string,
  { limits }: RepositoryContext,
): Descriptor | 'unclear' {
  const mediaType = mediaTypeOf(response.headers);
  const size = contentLength(response);
  const named = response.headers.get('docker-content-digest');
  const digest = isDigest(reference) ? reference : named;
  // A length that cannot be one of a manifest is of the empty body, or of nothing at all.
  if (!isManifestMediaType(mediaType) || size === undefined || size < 2 || size > limits.manifestBytes)
    return 'unclear';
  if (!isDigest(digest)) return 'unclear';
  if (isDigest(named) && named.length === digest.length && named !== digest) throw otherDigest(digest, named);
  return { mediaType, digest, size };
}

function otherDigest(expected: Digest, actual: Digest): IntegrityError {
  return new IntegrityError('ERR_DIGEST_MISMATCH', `registry answered for manifest ${actual}, expected ${expected}`, {
    expected,
    actual,
  });
}
