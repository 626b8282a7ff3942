import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesSource, type PackLocation } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { httpRegistries } from '../../../src/adapters/registry/http.ts';
import { utf8 } from '../../../src/bytes/encoding.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import type { Place } from './cells.ts';
import { writeInto, type World } from './world.ts';

/** A repository with a manifest under the tag `v1`, which is signed there. */
export interface Spot {
  readonly place: Place;
  readonly repository: Repository;
  readonly subject: Descriptor;
  /** How the service is told of it. */
  readonly location: PackLocation;
  /** How cosign is: a reference with a digest, or a folder. */
  readonly target: string;
}

const lookup = httpRegistries();

/** A repository of a place. */
async function repositoryIn(world: World, place: Place, name: string): Promise<Repository> {
  if (place === 'layout') return layoutRepository({ directory: world.folderFor(join('layouts', name)) });
  return (await lookup(world.registries[place].host)).repository(`team/${name}`);
}

/** What is known of the tag `v1` in a repository. */
export async function spotIn(world: World, place: Place, name: string): Promise<Spot> {
  const repository = await repositoryIn(world, place, name);
  const subject = await repository.resolve('v1');
  if (subject === undefined) throw new Error(`${repository.id} has no v1`);
  if (place === 'layout') {
    const target = join(world.folder, 'layouts', name);
    return { place, repository, subject, location: { repository, reference: 'v1' }, target };
  }
  const named = `${world.registries[place].host}/team/${name}`;
  return { place, repository, subject, location: `${named}:v1`, target: `${named}@${subject.digest}` };
}

/** Packs a file as `v1`: the same content gives the same digest. */
export async function packIn(world: World, place: Place, name: string, content: string): Promise<Spot> {
  const repository = await repositoryIn(world, place, name);
  const files = [{ path: 'app.bin', source: bytesSource(utf8(content)), mediaType: 'application/octet-stream' }];
  await world.service.pack({ files, artifactType: 'application/vnd.example.app' }, { repository, reference: 'v1' });
  return spotIn(world, place, name);
}

interface LayoutDocument {
  readonly manifests: { readonly digest: string; annotations?: Record<string, string> }[];
}

/**
 * Writes into the index of a layout what `cosign verify --local-image` looks for in place of tags and subjects: which
 * entry is the image. It is the one thing that it misses in layouts that it did not save itself; oras has the same.
 */
export function markForCosign({ target, subject }: Spot): void {
  const document = JSON.parse(readFileSync(join(target, 'index.json'), 'utf8')) as LayoutDocument;
  for (const entry of document.manifests) {
    const name = entry.annotations?.['org.opencontainers.image.ref.name'] ?? '';
    const kind = entry.digest === subject.digest ? 'image' : { sig: 'sigs', att: 'atts' }[name.slice(-3)];
    if (kind !== undefined) entry.annotations = { ...entry.annotations, kind: `dev.cosignproject.cosign/${kind}` };
  }
  writeInto(target, 'index.json', JSON.stringify(document));
}
