import {
  blobSource,
  createPackService,
  FormatError,
  type Descriptor,
  type Digest,
  type PackService,
  type Repository,
} from 'packwright';
import { parseManifest } from 'packwright/oci';
import { httpRegistries } from 'packwright/registry/http';
import { openLayoutArchive } from 'packwright/registry/layout';
import type { Finding, RunOptions } from './finding.ts';
import type { LayoutSubject, RegistrySubject, VerifyRequest } from './request.ts';

/** More than a person would read the verdicts of. */
const maxManifests = 100;

/** Verifies a manifest in a registry, with the bundles that the registry has for it. */
export async function verifyReference(
  { reference }: RegistrySubject,
  { policy, trust }: VerifyRequest,
  { signal, onProgress }: RunOptions,
): Promise<Finding[]> {
  onProgress(`Asking the registry for ${reference}`);
  // A person waits: two attempts tell a registry that is away from one that stumbled.
  const service = createPackService({ registries: httpRegistries({ retry: { attempts: 2 } }) });
  const verdict = await service.evaluate(reference, { policy, trust }, { signal });
  return [{ name: verdict.reference ?? reference, report: verdict.report }];
}

/** Verifies every manifest of a layout that stands on its own, and those in an index that were signed themselves. */
export async function verifyLayout(
  { name, archive }: LayoutSubject,
  request: VerifyRequest,
  options: RunOptions,
): Promise<Finding[]> {
  const { signal, onProgress } = options;
  onProgress(`Reading ${name}`);
  const repository = await openLayoutArchive(blobSource(archive), { id: name, signal });
  const tags = await tagsOf(repository, signal);
  const service = createPackService();
  const findings: Finding[] = [];
  for await (const manifest of manifestsOf(repository, signal)) {
    if (findings.length === maxManifests) throw tooMany();
    const called = tags.get(manifest.digest) ?? manifest.digest;
    onProgress(`Verifying ${called}`);
    findings.push(await verifyManifest(service, repository, { name: called, manifest }, request, signal));
  }
  return findings;
}

function tooMany(): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `layout has more than ${maxManifests} manifests to verify`, {
    details: { limit: maxManifests },
  });
}

interface NamedManifest {
  readonly name: string;
  readonly manifest: Descriptor;
}

async function verifyManifest(
  service: PackService,
  repository: Repository,
  { name, manifest }: NamedManifest,
  { policy, trust }: VerifyRequest,
  signal: AbortSignal,
): Promise<Finding> {
  const verdict = await service.evaluate({ repository, reference: manifest.digest }, { policy, trust }, { signal });
  return { name, report: verdict.report };
}

/** What the manifests are called, by their digests. */
async function tagsOf(repository: Repository, signal: AbortSignal): Promise<Map<Digest, string>> {
  const names = new Map<Digest, string>();
  for await (const tag of repository.tags({ signal })) {
    const found = await repository.resolve(tag, { signal });
    if (found === undefined) continue;
    const other = names.get(found.digest);
    names.set(found.digest, other === undefined ? tag : `${other}, ${tag}`);
  }
  return names;
}

async function* manifestsOf(repository: Repository, signal: AbortSignal): AsyncGenerator<Descriptor, void, undefined> {
  for await (const root of repository.roots?.({ signal }) ?? []) {
    yield root;
    const found = await repository.manifest.get(root.digest, { signal });
    const parsed = found && parseManifest(found.bytes, { mediaType: found.descriptor.mediaType });
    if (parsed?.kind !== 'index') continue;
    for (const child of parsed.document.manifests) if (await isSigned(repository, child, signal)) yield child;
  }
}

async function isSigned(repository: Repository, { digest }: Descriptor, signal: AbortSignal): Promise<boolean> {
  return (await repository.referrers(digest, { limit: 1, signal })).referrers.length > 0;
}
