import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Digest } from '../digest/index.ts';
import { openLayout, openLayoutArchive, type Layout } from '../adapters/registry/layout.ts';
import { fileBytes } from '../adapters/source/file.ts';
import type { RepositoryLocation } from '../pack/pack-location.ts';
import type { CommandContext } from './context.ts';
import {
  formatLayoutLocation,
  parseLocation,
  type ArchiveLocation,
  type LayoutLocation,
  type Location,
} from './location.ts';

/**
 * Opens a location to read from it.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for a registry; FormatError and StoreError where there is no layout.
 */
export async function openSource(text: string, context: CommandContext): Promise<RepositoryLocation> {
  const location = localOf(parseLocation(text), text);
  const path = resolve(context.cwd, location.path);
  if (location.kind === 'layout') return { repository: layoutAt(path).repository, ...referenceOf(location) };
  const { signal } = context.operation;
  return { repository: await openLayoutArchive(await fileBytes(path), { signal }), ...referenceOf(location) };
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

/**
 * The location, which must be a local one.
 *
 * @throws UsageError `ERR_UNSUPPORTED` for a registry, which the command does not reach yet.
 */
export function localOf(location: Location, text: string): LayoutLocation | ArchiveLocation {
  if (location.kind !== 'registry') return location;
  throw new UsageError('ERR_UNSUPPORTED', `reference ${JSON.stringify(text)} names a registry, expected a layout`, {
    argument: 'reference',
    hint: 'write oci:DIR:TAG for a layout folder, or oci-archive:FILE.tar:TAG for a layout in a tar',
  });
}

function referenceOf({ tag, digest }: LayoutLocation | ArchiveLocation): { reference?: string } {
  const reference = digest ?? tag;
  return reference === undefined ? {} : { reference };
}

/** A location as it is printed after something was written there: with the digest. */
export function printed(text: string, digest: Digest): string {
  return formatLayoutLocation(localOf(parseLocation(text), text), digest);
}
