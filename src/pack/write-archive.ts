import { gunzipStream, readArchiveBatches, readTarBatches, type TarMember } from '../archive/index.ts';
import { streamOf } from '../bytes/source.ts';
import { verifyStream } from '../digest/index.ts';
import { FormatError, UsageError } from '../errors.ts';
import type { LockEntry } from '../lockfile/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { PathFilter } from './glob.ts';
import { integrityChecked } from './integrity-check.ts';
import type { TreeWriter } from './tree-writer.ts';
import type { FolderStep, GroupStep } from './unpack-plan.ts';

export interface ArchiveContext {
  readonly writer: TreeWriter;
  readonly filter: PathFilter;
  readonly options: OperationOptions;
}

/** Writes what is in a layer that is an archive: a folder, or the artifacts of a lock. */
export function writeArchive(
  step: FolderStep | GroupStep,
  content: Uint8Array | ReadableStream<Uint8Array>,
  context: ArchiveContext,
): Promise<void> {
  const stream = content instanceof Uint8Array ? streamOf(content) : content;
  return step.kind === 'folder' ? writeFolder(step, stream, context) : writeGroup(step, stream, context);
}

async function writeFolder(
  step: FolderStep,
  stream: ReadableStream<Uint8Array>,
  context: ArchiveContext,
): Promise<void> {
  const { writer, filter } = context;
  const written = new Set<string>();
  if (filter.wants(step.path)) await writer.directory(step.path);
  for await (const batch of batchesOf(step, stream, context.options)) {
    for (const member of batch) {
      checkBelow(member, step.path);
      writer.check(member);
      if (member.path === step.path || !filter.wants(member.path)) continue;
      if (member.type === 'hardlink' && !written.has(member.target ?? '')) throw linkAlone(member);
      if (member.type === 'file' || member.type === 'hardlink') written.add(member.path);
      const writing = writeMember(member, writer);
      if (writing !== undefined) await writing;
    }
  }
}

/** The digest before compression is checked where the layer has it, as oras does. */
function batchesOf(
  { diffId }: FolderStep,
  stream: ReadableStream<Uint8Array>,
  { signal }: OperationOptions,
): AsyncGenerator<readonly TarMember[], void, undefined> {
  if (diffId === undefined) return readArchiveBatches(stream, { signal });
  const tar = stream.pipeThrough(gunzipStream()).pipeThrough(verifyStream({ digest: diffId }));
  return readTarBatches(tar, { signal });
}

function checkBelow({ path }: TarMember, folder: string): void {
  if (path === folder || path.startsWith(`${folder}/`)) return;
  throw new FormatError('ERR_UNSAFE_PATH', `entry ${JSON.stringify(path)} lies outside of ${JSON.stringify(folder)}`, {
    details: { path, folder },
  });
}

function linkAlone({ path, target }: TarMember): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `${JSON.stringify(path)} is a hard link to ${JSON.stringify(target)}, which is not included`,
    { argument: 'include', hint: 'include both' },
  );
}

/** Writes one member that was checked. A result that is no promise is finished. */
export function writeMember(member: TarMember, writer: TreeWriter): Promise<void> | undefined {
  const { path, type, size, executable, bytes, target = '' } = member;
  switch (type) {
    case 'directory':
      return writer.directory(path);
    case 'file':
      return writer.file(path, bytes ?? member.open(), size, executable);
    default:
      return writer.link(type, path, target);
  }
}

async function writeGroup(
  { lock }: GroupStep,
  stream: ReadableStream<Uint8Array>,
  context: ArchiveContext,
): Promise<void> {
  const { writer, filter, options } = context;
  const missing = new Map(lock.entries.map((entry) => [entry.path, entry]));
  for await (const batch of readTarBatches(stream, { signal: options.signal })) {
    for (const member of batch) {
      const entry = missing.get(member.path);
      if (entry === undefined || member.type !== 'file') throw notInLock(member.path);
      missing.delete(member.path);
      writer.check(member);
      if (filter.wants(member.path)) await writeArtifact(member, entry, writer);
    }
  }
  const [first] = missing.keys();
  if (first !== undefined) {
    throw new FormatError('ERR_MANIFEST_INVALID', `entry ${JSON.stringify(first)} of the lock is not in the layer`);
  }
}

/** Checks an artifact against digest, size and integrity of its entry; a small one before it is written. */
async function writeArtifact(member: TarMember, entry: LockEntry, writer: TreeWriter): Promise<void> {
  const { path, size } = member;
  if (size !== entry.size) {
    throw new FormatError('ERR_MANIFEST_INVALID', `entry ${path} has ${size} bytes, the lock ${entry.size}`, {
      details: { path },
    });
  }
  const checked = integrityChecked(member.open(), path, entry.integrity).pipeThrough(
    verifyStream({ digest: entry.digest, size }),
  );
  await writer.file(path, checked, size, false);
}

function notInLock(path: string): FormatError {
  return new FormatError('ERR_MANIFEST_INVALID', `entry ${JSON.stringify(path)} is no artifact of the lock`, {
    details: { path },
  });
}
