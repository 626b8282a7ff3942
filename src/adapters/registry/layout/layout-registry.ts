import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { compareBytewise } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';
import { isRepositoryName } from '../../../oci/reference.ts';
import type { ListOptions, Registry } from '../../../ports/registry.ts';
import { isErrno, storeFailure } from '../../node/failure.ts';
import { layoutFor, type LayoutOptions } from './open-layout.ts';

/** Where the layouts of a registry lie, and how they are kept. */
export interface LayoutRegistryOptions extends LayoutOptions {
  /** The folder of all layouts: the repository `team/app` is the layout `team/app` below it. */
  readonly directory: string;
}

/**
 * A folder of OCI layouts as a registry: each repository is a layout of its own, under its name.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong; `ERR_INVALID_REFERENCE` (from `repository`)
 * for a name that is not one, or that would lie among the files of another layout.
 */
export function layoutRegistry(options: LayoutRegistryOptions): Registry {
  const { directory } = options;
  // Complains about the options now rather than at the first repository.
  layoutFor('serving', options);
  const id = `oci:${directory}`;
  return {
    id,
    repository: (name) => {
      if (!isPlace(name)) throw noPlace(name);
      return { ...layoutFor('serving', { ...options, directory: join(directory, name) }).repository, name };
    },
    repositories: async function* ({ after, limit = Infinity, signal }: ListOptions = {}) {
      signal?.throwIfAborted();
      const names = [...layoutsBelow(directory, '', id)].sort(compareBytewise);
      yield* names.filter((name) => after === undefined || compareBytewise(name, after) > 0).slice(0, limit);
    },
  };
}

/** What a layout has in its folder: no repository can lie there. */
const layoutFiles = ['blobs', 'index.json', 'oci-layout'];

function isPlace(name: string): boolean {
  return isRepositoryName(name) && !name.split('/').some((part) => layoutFiles.includes(part));
}

function noPlace(name: string): UsageError {
  return new UsageError(
    'ERR_INVALID_REFERENCE',
    `repository ${JSON.stringify(name.slice(0, 160))} is not a name for a layout`,
    {
      argument: 'name',
      hint: `a name has lower-case parts separated by "/", none of them ${layoutFiles.join(', ')}`,
    },
  );
}

function* layoutsBelow(directory: string, name: string, id: string): Generator<string, void, undefined> {
  const entries = entriesIn(join(directory, name), id);
  if (name !== '' && entries.some((entry) => entry.name === 'oci-layout')) yield name;
  for (const entry of entries) {
    const below = name === '' ? entry.name : `${name}/${entry.name}`;
    if (entry.isDirectory() && isPlace(below)) yield* layoutsBelow(directory, below, id);
  }
}

function entriesIn(path: string, id: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw storeFailure(error, { store: id, action: 'read', what: `folder ${path}` });
  }
}
