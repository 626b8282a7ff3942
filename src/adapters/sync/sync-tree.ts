import * as fs from 'node:fs';
import { join, resolve } from 'node:path';
import { checkDirectory, checkOptions, operationKeys } from '../../bytes/check-options.ts';
import { isDigest, type Digest } from '../../digest/digest.ts';
import { UsageError } from '../../errors.ts';
import { formatReference, parseReference } from '../../oci/reference.ts';
import type { PackLocation } from '../../pack/pack-location.ts';
import type { PackService } from '../../pack/service.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import type { OperationOptions } from '../../ports/operation.ts';
import { reported, type Report } from '../../ports/report.ts';
import { orStoreFailure } from '../node/failure.ts';
import { withLock } from '../node/folder-lock.ts';
import { removeRetired, retireTree, reviveTree } from './retired-trees.ts';
import { currentDigest, flipCurrent, removeStaged, treePath, type CurrentForm } from './tree-folder.ts';

/** Where trees are kept, and how they are made. */
export interface TreeFolderOptions {
  /** The folder that has `current` and `trees`. Made where it is missing. */
  readonly directory: string;
  /** Finds packs and reads them. */
  readonly service: Pick<PackService, 'resolve' | 'unpack'>;
  /** Makes a tree in a folder that is not there, all or nothing: `(directory) => fsSink({ directory, durable: true })`. */
  readonly sink: (directory: string) => FileSink;
  /** How long a tree stays after another took its place, in seconds; 3,600 by default. Who runs in it goes on. */
  readonly graceSeconds?: number | undefined;
  /** How `current` names its tree; a link by default, and a file where links cannot be made. */
  readonly current?: CurrentForm | undefined;
  /** The time now, in milliseconds since 1970; that of the clock by default. */
  readonly now?: (() => number) | undefined;
}

/** How one tree is synced. */
export interface SyncTreeOptions extends TreeFolderOptions, OperationOptions {}

/** A tree that is in place. */
export interface SyncedTree {
  /** The manifest of the pack. */
  readonly digest: Digest;
  /** The folder of the tree. */
  readonly path: string;
  /** False where `current` named this tree before. */
  readonly changed: boolean;
  /** True where the tree was there before, from an earlier run. */
  readonly reused: boolean;
  /** Trees that were removed, as their grace is over. */
  readonly removed: readonly Digest[];
}

/** The options that both ways of syncing know. */
export const treeFolderKeys: readonly string[] = ['directory', 'service', 'sink', 'graceSeconds', 'current', 'now'];

/** Another process may be fetching a large tree: that long is waited for it, in milliseconds. */
const lockTimeout = 60 * 60_000;

/**
 * Makes the tree of a pack in `DIRECTORY/trees/<digest>`, and then makes `DIRECTORY/current` name it in one step. Every
 * byte is checked before the tree gets its name, so that what has the name of a tree is whole, also after a kill at any
 * moment; the next run goes on from there. What it names stays as it is when anything fails. Processes take turns. For a
 * digest whose tree is still there nothing is asked of the registry. A tree that is there is not read again: what
 * somebody changes in it stays changed until it is removed.
 *
 * @throws UsageError for wrong options. RegistryError `ERR_REGISTRY_NOT_FOUND` for a pack that is not there: never is an
 * empty tree made of it. Else as `unpack` does. StoreError for a folder that cannot be written to.
 */
export async function syncTree(target: PackLocation, options: SyncTreeOptions): Promise<SyncedTree> {
  checkOptions('syncTree', options, [...treeFolderKeys, ...operationKeys]);
  const folder = treeFolder(options);
  const { signal, onEvent, parent } = options;
  return reported({ verb: 'sync', name: nameOf(target) }, { signal, onEvent, parent }, async (report) => {
    const digest =
      treeInPlace(target, folder.directory) ?? (await options.service.resolve(target, report.options)).digest;
    const facts = { store: 'folder', action: 'write', what: `folder ${JSON.stringify(folder.directory)}` } as const;
    const lock = join(folder.directory, '.lock');
    const waiting = { signal, timeout: lockTimeout };
    return orStoreFailure(facts, () =>
      withLock(lock, () => place(pinned(target, digest), digest, folder, report), waiting),
    );
  });
}

interface TreeFolder extends TreeFolderOptions {
  readonly grace: number;
}

const currentForms: ReadonlySet<string> = new Set<CurrentForm>(['link', 'file']);

function treeFolder(options: SyncTreeOptions): TreeFolder {
  const directory = resolve(checkDirectory('syncTree', options.directory));
  const { graceSeconds = 3600, current = 'link' } = options;
  if (!currentForms.has(current)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `current is ${JSON.stringify(current)}, expected "link" or "file"`, {
      argument: 'current',
    });
  }
  if (graceSeconds >= 0) return { ...options, directory, grace: graceSeconds * 1000 };
  throw new UsageError('ERR_INVALID_ARGUMENT', `graceSeconds is ${String(graceSeconds)}, expected 0 or more`, {
    argument: 'graceSeconds',
  });
}

async function place(target: PackLocation, digest: Digest, folder: TreeFolder, report: Report): Promise<SyncedTree> {
  const { directory, service, sink, grace, now = Date.now } = folder;
  const path = treePath(directory, digest);
  fs.mkdirSync(join(directory, 'trees'), { recursive: true });
  removeStaged(directory);
  const reused = isFolder(path);
  if (!reused) await service.unpack(target, sink(path), report.options);
  if (!isFolder(path)) throw noTree(path);
  report.options.signal?.throwIfAborted();
  const before = currentDigest(directory);
  reviveTree(directory, digest);
  if (before !== undefined && before !== digest) retireTree(directory, before, now());
  if (before !== digest) flipCurrent(directory, digest, folder.current);
  const removed = removeRetired(directory, digest, { now: now(), grace });
  return { digest, path, changed: before !== digest, reused, removed };
}

/** The digest that is asked for, where its tree is there: to go back to it needs no network. */
function treeInPlace(target: PackLocation, directory: string): Digest | undefined {
  const named = typeof target === 'string' ? parseReference(target).digest : target.reference;
  return isDigest(named) && isFolder(treePath(directory, named)) ? named : undefined;
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function noTree(path: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `sink made no folder ${JSON.stringify(path)}`, {
    argument: 'sink',
    hint: 'it is given the folder to make: sink: (directory) => fsSink({ directory })',
  });
}

/** What was resolved is what is unpacked, wherever a tag points by then. */
function pinned(target: PackLocation, digest: Digest): PackLocation {
  if (typeof target !== 'string') return { ...target, reference: digest };
  const { registry, repository } = parseReference(target);
  return formatReference({ registry, repository, digest });
}

/** A target as it is told to a person. */
export function nameOf(target: PackLocation): string {
  if (typeof target === 'string') return target;
  const { repository, reference } = target;
  return reference === undefined ? repository.id : `${repository.id} ${reference}`;
}
