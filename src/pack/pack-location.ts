import { isDigest, type Digest } from '../digest/index.ts';
import { UsageError, RegistryError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatReference, isTag, parseReference } from '../oci/reference.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Registry, Repository } from '../ports/registry.ts';
import { checkOptions } from '../bytes/check-options.ts';

/**
 * Where a pack is: a reference (`registry.example/team/app:1.2`, `…@sha256:…`), or a repository that the caller opened
 * and a tag or digest in it.
 */
export type PackLocation = string | RepositoryLocation;

/** A repository, and what is meant in it. */
export interface RepositoryLocation {
  readonly repository: Repository;
  /** A tag or a digest. Without it: the only root manifest when read, no tag when written. */
  readonly reference?: string | undefined;
}

/** Gives the registry of a host; at once, or when its code has been loaded. */
export type RegistryLookup = (host: string) => Registry | Promise<Registry>;

/** A location whose repository is open. */
export interface OpenLocation {
  readonly repository: Repository;
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
  /** True where nothing was named and the tag is the usual one. */
  readonly implied?: boolean | undefined;
  /** The location as text, where it was given as text. */
  readonly text?: string | undefined;
  /** Tells repositories of one registry, between which blobs can be mounted. */
  readonly registry?: Registry | undefined;
}

/**
 * Opens a location. A reference without tag and digest means the tag `latest`.
 *
 * @throws UsageError `ERR_INVALID_REFERENCE`, `ERR_INVALID_ARGUMENT`.
 */
export async function openLocation(location: PackLocation, registries: RegistryLookup): Promise<OpenLocation> {
  if (typeof location === 'string') return openText(location, registries);
  checkOptions('location', location, ['repository', 'reference']);
  const { repository, reference } = location;
  if (typeof (repository as unknown) !== 'object') {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'location has no repository', { argument: 'repository' });
  }
  return { repository, ...namedBy(reference) };
}

async function openText(text: string, registries: RegistryLookup): Promise<OpenLocation> {
  const reference = parseReference(text);
  const { registry: host, repository: name, tag, digest } = reference;
  const registry = await registries(host);
  const implied = tag === undefined && digest === undefined;
  const named = implied ? { tag: 'latest' } : { tag, digest };
  return {
    repository: registry.repository(name),
    registry,
    text: formatReference({ ...reference, ...named }),
    implied,
    ...named,
  };
}

/**
 * The manifest that a location names.
 *
 * @throws RegistryError `ERR_REGISTRY_NOT_FOUND`.
 * @throws UsageError `ERR_INVALID_REFERENCE` where nothing is named and there is not exactly one root manifest.
 */
export async function resolveLocation(location: OpenLocation, options: OperationOptions): Promise<Descriptor> {
  const { repository, digest, tag } = location;
  const reference = digest ?? tag;
  if (reference === undefined) return onlyRoot(repository, options);
  const found = await repository.resolve(reference, options);
  if (found !== undefined) return found;
  throw notFound(location);
}

/** The error of a location that names nothing which is there. */
export function notFound(location: OpenLocation): RegistryError {
  const { repository, digest, tag } = location;
  return new RegistryError('ERR_REGISTRY_NOT_FOUND', `${describeLocation(location)} was not found`, {
    hint: 'check the name, and the tag or digest; what needs a login is hidden by some registries',
    details: { repository: repository.id, reference: digest ?? tag },
  });
}

/** A location for messages. */
export function describeLocation({ text, repository, tag, digest }: OpenLocation): string {
  if (text !== undefined) return text;
  const reference = digest ?? tag;
  return reference === undefined ? repository.id : `${JSON.stringify(reference)} in ${repository.id}`;
}

async function onlyRoot(repository: Repository, options: OperationOptions): Promise<Descriptor> {
  const found = new Map<Digest, Descriptor>();
  for await (const root of repository.roots?.(options) ?? []) found.set(root.digest, root);
  const [only, ...others] = found.values();
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined && repository.roots !== undefined) {
    throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `${repository.id} holds no manifest`);
  }
  const listed = [...found.values()].slice(0, 20).map(({ digest }) => digest);
  throw new UsageError('ERR_INVALID_REFERENCE', `${repository.id} holds ${found.size} manifests, and none was named`, {
    argument: 'reference',
    hint: 'name a tag or a digest',
    details: { digests: listed },
  });
}

function namedBy(reference: string | undefined): { readonly tag?: string; readonly digest?: Digest } {
  if (reference === undefined) return {};
  if (isDigest(reference)) return { digest: reference };
  const shown = JSON.stringify(reference.slice(0, 160));
  if (isTag(reference)) return { tag: reference };
  throw new UsageError('ERR_INVALID_REFERENCE', `reference ${shown} is neither a tag nor a digest`, {
    argument: 'reference',
  });
}
