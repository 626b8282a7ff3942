import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Digest } from '../digest/index.ts';
import { formatReference, type Reference } from '../oci/index.ts';
import { openLayout, openLayoutArchive, type Layout } from '../adapters/registry/layout.ts';
import { fileBytes } from '../adapters/source/file.ts';
import type { PackLocation, RepositoryLocation } from '../pack/pack-location.ts';
import type { CommandContext } from './context.ts';
import {
  formatLayoutLocation,
  parseLocation,
  type ArchiveLocation,
  type LayoutLocation,
  type Location,
} from './location.ts';
import { refuseHost } from './service.ts';

/**
 * Opens a location to read from it, for the verbs: a registry stays a reference, which they open themselves.
 *
 * @throws UsageError for a reference that is not one; FormatError and StoreError where there is no layout.
 */
export async function sourceLocation(text: string, context: CommandContext): Promise<PackLocation> {
  return parseLocation(text).kind === 'registry' ? text : openSource(text, context);
}

/**
 * Opens a location to read from it. Without tag and digest `latest` is meant in a registry.
 *
 * @throws UsageError for a reference that is not one; FormatError and StoreError where there is no layout.
 */
export async function openSource(text: string, context: CommandContext): Promise<RepositoryLocation> {
  const location = parseLocation(text);
  if (location.kind === 'registry') return openRemote(location.reference, context);
  const path = resolve(context.cwd, location.path);
  if (location.kind === 'layout') return { repository: layoutAt(path).repository, ...referenceOf(location) };
  const { signal } = context.operation;
  return { repository: await openLayoutArchive(await fileBytes(path), { signal }), ...referenceOf(location) };
}

/**
 * Opens a location to change it: a registry or a layout folder.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for an archive.
 */
export async function openTarget(text: string, context: CommandContext): Promise<RepositoryLocation> {
  const location = parseLocation(text);
  if (location.kind === 'registry') return openRemote(location.reference, context);
  const { repository, reference } = openFolder(text, context);
  return { repository, reference };
}

/**
 * Opens a location to change it, for the verbs: a registry stays a reference, which they open themselves.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for an archive.
 */
export async function targetLocation(text: string, context: CommandContext): Promise<PackLocation> {
  return parseLocation(text).kind === 'registry' ? text : openTarget(text, context);
}

async function openRemote(reference: Reference, context: CommandContext): Promise<RepositoryLocation> {
  const { registry, repository, digest, tag } = withUsualTag(reference);
  const { registries = refuseHost } = context;
  return { repository: (await registries(registry)).repository(repository), reference: digest ?? tag };
}

/** A reference that names neither tag nor digest means `latest`. */
export function withUsualTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** A layout folder that was opened. */
export interface OpenLayout extends RepositoryLocation {
  readonly layout: Layout;
  /** What the location names, as it was typed. */
  readonly location: LayoutLocation;
}

/**
 * Opens the folder of a layout to change it.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for a registry or an archive.
 */
export function openFolder(text: string, context: CommandContext): OpenLayout {
  const location = localOf(parseLocation(text), text);
  if (location.kind === 'archive') {
    throw new UsageError('ERR_UNSUPPORTED', `archive ${JSON.stringify(text)} cannot be changed in place`, {
      argument: 'reference',
      hint: 'import it into a layout first: packwright import FILE oci:DIR',
    });
  }
  const layout = layoutAt(resolve(context.cwd, location.path));
  return { location, layout, repository: layout.repository, ...referenceOf(location) };
}

function layoutAt(directory: string): Layout {
  return openLayout({ directory });
}

function localOf(location: Location, text: string): LayoutLocation | ArchiveLocation {
  if (location.kind !== 'registry') return location;
  throw new UsageError('ERR_UNSUPPORTED', `reference ${JSON.stringify(text)} names a registry, expected a layout`, {
    argument: 'reference',
    hint: 'write oci:DIR for a layout folder; a registry looks after its own blobs',
  });
}

function referenceOf({ tag, digest }: LayoutLocation | ArchiveLocation): { reference?: string } {
  const reference = digest ?? tag;
  return reference === undefined ? {} : { reference };
}

/** A location as it is printed after something was written there: with the digest. */
export function printed(text: string, digest: Digest): string {
  const location = parseLocation(text);
  if (location.kind !== 'registry') return formatLayoutLocation(location, digest);
  return formatReference({ ...withUsualTag(location.reference), digest });
}
