import { bytesSource } from '../../../bytes/source.ts';
import { readAll } from '../../../bytes/stream.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import { checkBytes, mismatch } from './content.ts';
import type { TufTarget } from './find-target.ts';
import { targetPath } from './mirror-path.ts';
import { askMirror, tooLarge, unavailable, type TufMirror } from './mirror.ts';

/** Where targets are fetched from. */
export interface TargetPlace {
  readonly mirror: TufMirror;
  /** Keeps targets by their digest, so that none is fetched twice. */
  readonly blobs: BlobStore | undefined;
  readonly consistentSnapshot: boolean;
  readonly maxBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of a target, all of which its metadata vouches for (section 5.7). */
export async function fetchTarget(target: TufTarget, place: TargetPlace): Promise<Uint8Array<ArrayBuffer>> {
  const { name, length, digests } = target;
  if (length > place.maxBytes) throw tooLarge(`target ${JSON.stringify(name.slice(0, 200))}`, place.maxBytes);
  const [first] = digests;
  if (first === undefined)
    throw mismatch(`target ${JSON.stringify(name.slice(0, 200))} has hashes by unknown algorithms only`);
  const { blobs, signal } = place;
  const kept = await blobs?.get(first, { signal });
  const bytes =
    kept?.size === length
      ? await readAll(await kept.open({ signal }), { limit: length, signal })
      : await ask(target, place);
  checkBytes(`target ${JSON.stringify(name.slice(0, 200))}`, bytes, target);
  if (kept === undefined) await blobs?.put(first, bytesSource(bytes), { signal });
  return bytes;
}

/** A repository with consistent snapshots may have a target under one of its hashes only. */
async function ask({ name, length, digests }: TufTarget, place: TargetPlace): Promise<Uint8Array<ArrayBuffer>> {
  const { consistentSnapshot, mirror, signal } = place;
  const paths = consistentSnapshot ? digests.map((digest) => targetPath(name, digest)) : [targetPath(name)];
  for (const path of paths) {
    const bytes = await askMirror(mirror, path, { maxBytes: length, signal });
    if (bytes !== undefined) return bytes;
  }
  throw unavailable(paths[0] ?? name);
}
