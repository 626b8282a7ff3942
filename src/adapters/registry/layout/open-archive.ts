import { limitsOf, type ArchiveLimits } from '../../../archive/archive-limits.ts';
import { checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import { readAll } from '../../../bytes/stream.ts';
import { isDigest, type Digest } from '../../../digest/digest.ts';
import { FormatError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Repository } from '../../../ports/registry.ts';
import { createRepository } from '../../../registry/repository.ts';
import { archiveBlobs } from './archive-blobs.ts';
import { layoutCatalog } from './catalog.ts';
import type { LayoutParts } from './documents.ts';
import { checkLayoutMarker, layoutDocumentLimit, parseLayoutIndex, type LayoutIndex } from './index-document.ts';
import { refusedWrite } from './read-only.ts';
import { scanTar, type PlacedMember } from './scan-tar.ts';

/** How a layout in a tar is read. */
export interface LayoutArchiveOptions extends OperationOptions {
  /** Names the repository in errors and events; `oci-archive` by default. */
  readonly id?: string | undefined;
  readonly limits?: Partial<ArchiveLimits> | undefined;
}

/**
 * Opens a tar as an OCI layout, to be read. `index.json` may come anywhere in it. Nothing is unpacked and no body is
 * read before it is asked for: the source is opened again for each blob, at its place.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID` for what is no tar, or compressed; `ERR_LAYOUT_INVALID` for one that holds
 * no layout; `ERR_UNSAFE_PATH`, `ERR_LIMIT_EXCEEDED`. UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export async function openLayoutArchive(source: ByteSource, options: LayoutArchiveOptions = {}): Promise<Repository> {
  checkOptions('openLayoutArchive', options, ['id', 'limits', ...operationKeys]);
  const { id = 'oci-archive', signal } = options;
  const limits = limitsOf(options.limits);
  await refuseCompressed(source, signal);
  const members = await membersOf(source, limits, signal);
  const document = (name: string): Promise<Uint8Array> => readDocument(source, members, name, { id, signal });
  checkLayoutMarker(await document('oci-layout'), id);
  const index = parseLayoutIndex(await document('index.json'), id);
  const parts = { documents: fixedIndex(id, index), blobs: archiveBlobs(id, source, blobPlaces(members)) };
  return createRepository({
    ...parts,
    name: id,
    id,
    catalog: layoutCatalog(parts),
    capabilities: { mount: false, range: true, delete: false, referrers: true, atomicTag: false, remote: false },
  });
}

const compressions: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/** Blobs are read at their places, which a compressed archive does not have. */
async function refuseCompressed(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
  const start = await readAll(await source.open({ start: 0, end: 8, signal }), { limit: 8, signal });
  const found = compressions.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  if (found === undefined) return;
  throw new FormatError('ERR_ARCHIVE_INVALID', `archive is compressed with ${found[0]}, expected a plain tar`, {
    hint: 'decompress it first; the layers in it are compressed anyway',
  });
}

/** The files of a tar by path. One that comes twice is refused: readers differ in which of them counts. */
async function membersOf(
  source: ByteSource,
  limits: ArchiveLimits,
  signal: AbortSignal | undefined,
): Promise<Map<string, PlacedMember>> {
  const members = new Map<string, PlacedMember>();
  for await (const member of scanTar(source, limits, signal)) {
    if (member.type === 'directory') continue;
    if (members.has(member.path)) {
      throw new FormatError('ERR_ARCHIVE_INVALID', `tar entry ${JSON.stringify(member.path)} comes twice`);
    }
    members.set(member.path, member);
  }
  return members;
}

async function readDocument(
  source: ByteSource,
  members: ReadonlyMap<string, PlacedMember>,
  name: string,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const member = members.get(name);
  if (member?.type !== 'file') throw noLayout(id, name, members);
  const { offset, size } = member;
  if (size > layoutDocumentLimit) {
    throw new FormatError(
      'ERR_LIMIT_EXCEEDED',
      `${name} of ${id} has ${size} bytes, more than ${layoutDocumentLimit}`,
      {
        details: { limit: layoutDocumentLimit },
      },
    );
  }
  return readAll(await source.open({ start: offset, end: offset + size, signal }), { limit: size, signal });
}

function noLayout(id: string, name: string, members: ReadonlyMap<string, PlacedMember>): FormatError {
  const docker = members.has('manifest.json');
  return new FormatError('ERR_LAYOUT_INVALID', `archive ${id} has no file ${name}, so it is no OCI layout`, {
    hint: docker
      ? 'it looks like what "docker save" wrote: copy it into an OCI layout with skopeo first'
      : 'an OCI layout has oci-layout, index.json and blobs at the top of the archive',
  });
}

function blobPlaces(members: ReadonlyMap<string, PlacedMember>): Map<Digest, PlacedMember> {
  const places = new Map<Digest, PlacedMember>();
  for (const [path, member] of members) {
    const [folder, algorithm, hex, ...rest] = path.split('/');
    const digest = `${algorithm ?? ''}:${hex ?? ''}`;
    if (folder === 'blobs' && rest.length === 0 && member.type === 'file' && isDigest(digest)) {
      places.set(digest, member);
    }
  }
  return places;
}

function fixedIndex(id: string, index: LayoutIndex): LayoutParts['documents'] {
  return { id, read: () => Promise.resolve(index), locked: () => Promise.reject(refusedWrite(id)) };
}
