import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource, streamSource } from '../../src/bytes/source.ts';
import { digestOf } from '../../src/digest/index.ts';
import { RegistryError } from '../../src/errors.ts';
import { canonicalJson, type PackFilesInput, type Repository, type StoredManifest } from '../../src/index.ts';
import { buildIndex, buildManifest, mediaTypes } from '../../src/oci/index.ts';
import { bench, here, lockfileOf, memorySink, someBytes, somePackages, sourceOf } from './fixtures.ts';

const input: PackFilesInput = { files: [{ path: 'a', source: bytesSource(utf8('a')) }] };

/** A repository whose manifests are read as `get` says. */
function withManifests(repository: Repository, get: Repository['manifest']['get']): Repository {
  return { ...repository, manifest: { ...repository.manifest, get } };
}

describe('a manifest', () => {
  it('that came wrong is asked for again, 5 times in all', async () => {
    const { service, repository } = bench();
    const { digest } = await service.pack(input, here);
    let left = 4;
    let asked = 0;
    const flaky = withManifests(repository, async (reference, options) => {
      asked++;
      const found = await repository.manifest.get(reference, options);
      return found === undefined || left-- <= 0 ? found : { ...found, bytes: found.bytes.map((byte) => byte ^ 1) };
    });
    expect((await service.inspect({ repository: flaky, reference: 'v1' })).descriptor.digest).toBe(digest);
    left = 100;
    asked = 0;
    await expect(service.inspect({ repository: flaky, reference: 'v1' })).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
      details: { side: 'source' },
    });
    expect(asked).toBe(5);
  });

  it('that is not there is an error, not an empty answer', async () => {
    const { service, repository } = bench();
    await service.pack(input, here);
    const gone = { repository: withManifests(repository, () => Promise.resolve(undefined)), reference: 'v1' };
    await expect(service.unpack(gone, memorySink())).rejects.toMatchObject({ code: 'ERR_REGISTRY_NOT_FOUND' });
    await expect(service.copy(gone, 'other.example/x:v1')).rejects.toMatchObject({ details: { side: 'source' } });
  });

  it('under more indexes than anybody needs is refused', async () => {
    const { service, repository } = bench();
    let { descriptor } = await service.pack(input, here);
    for (let depth = 0; depth < 9; depth++) {
      const { mediaType, digest, size } = descriptor;
      const built = buildIndex({ manifests: [{ mediaType, digest, size }] });
      descriptor = await repository.manifest.put(built.bytes, { mediaType: mediaTypes.imageIndex });
    }
    const deep = { repository, reference: descriptor.digest };
    await expect(service.unpack(deep, memorySink())).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});

describe('referrers', () => {
  it('that refer to one another without end are refused', async () => {
    const { service, repository } = bench();
    let subject = await service.pack(input, here);
    for (let depth = 0; depth < 9; depth++) {
      const more = { files: [{ path: `${depth}`, source: bytesSource(utf8(`${depth}`)) }] };
      subject = await service.attach({ repository, reference: subject.digest }, more);
    }
    await expect(service.copy(here, 'registry.example/copy:v1')).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
  });

  it('that two subjects share are copied once', async () => {
    const { service, repository } = bench();
    const packed = await service.pack(input, here);
    const signed = await service.attach(here, { ...input, artifactType: 'application/vnd.example.sig' });
    // A registry may list what it likes: here the subject as referrer of its own referrer.
    const looping: Repository = {
      ...repository,
      referrers: async (subject, options) =>
        subject === signed.digest
          ? { referrers: [packed.descriptor], from: 'api' }
          : repository.referrers(subject, options),
    };
    const copied = await service.copy({ repository: looping, reference: 'v1' }, 'registry.example/copy:v1');
    expect(copied.referrers).toHaveLength(1);
    expect((await service.inspect(here, { referrers: false })).referrers).toBeUndefined();
    expect((await service.inspect(here)).referrers?.referrers).toHaveLength(1);
  });
});

describe('a pack of a lock in one tar', () => {
  it('lists its artifacts, also to inspect and diff, and unpacks those that are included', async () => {
    const packages = somePackages(3);
    const { service } = bench({ sources: [sourceOf(packages)] });
    const lockfile = { name: 'package-lock.json', bytes: lockfileOf(packages) };
    await service.pack({ lockfile, grouping: 'tar' }, here);
    await service.pack({ lockfile }, 'registry.example/team/app:each');
    const { entries } = await service.inspect(here);
    expect(entries.map(({ kind }) => kind)).toEqual(['file', 'grouped', 'grouped', 'grouped']);
    const { changes } = await service.diff(here, 'registry.example/team/app:each');
    expect(changes).toEqual([]);
    const sink = memorySink();
    await service.unpack(here, sink, { include: ['npm/p1'] });
    expect([...sink.files().keys()]).toEqual(['npm', 'npm/p1', 'npm/p1/1.0.0.tgz']);
  });
});

it('a frozen lock that lacks an entry, has one more, or selects otherwise is named as what differs', async () => {
  const packages = somePackages(3);
  const { service } = bench({ sources: [sourceOf(packages)] });
  const pack = (some: typeof packages, more: object = {}): ReturnType<typeof service.pack> =>
    service.pack({ lockfile: { name: 'package-lock.json', bytes: lockfileOf(some) }, ...more }, here);
  const frozen = canonicalJson((await pack(packages)).lock);
  const issuesOf = async (packing: Promise<unknown>): Promise<string[]> => {
    const error = (await packing.catch((reason: unknown) => reason)) as { issues: { path: string }[] };
    return error.issues.map(({ path }) => path);
  };
  expect(await issuesOf(pack(packages.slice(1), { frozen }))).toContain('npm/p0/1.0.0.tgz');
  expect(await issuesOf(pack(somePackages(4), { frozen }))).toContain('npm/p3/1.0.0.tgz');
  expect(await issuesOf(pack(packages, { frozen, os: 'linux' }))).toEqual(['selection']);
  const other = packages.map(({ name, bytes }) => ({ name, bytes: bytes.slice(1) }));
  expect(await issuesOf(pack(other, { frozen }))).toContain('npm/p1/1.0.0.tgz');
});

it('a mount that a registry does not do falls back to a copy', async () => {
  const { service, registry } = bench();
  await service.pack(input, here);
  const shy = registry.repository('shy');
  const mount = (): Promise<boolean> => Promise.resolve(false);
  const to = { repository: { ...shy, blob: { ...shy.blob, mount } }, reference: 'v1' };
  const copied = await service.copy(here, to, { mountFrom: ['team/app', 'shy'] });
  expect(copied.copied.blobs).toBe(2);
  const full = { ...shy, capabilities: { ...shy.capabilities, mount: true } };
  const mounted = await service.copy(here, { repository: full, reference: 'v2' }, { mountFrom: ['team/app'] });
  expect(mounted.mounted.blobs).toBe(2);
});

it('an upload that goes on in the middle gets the bytes from there', async () => {
  const { service } = bench();
  const bytes = someBytes(2_000_000);
  await service.pack({ files: [{ path: 'big', source: bytesSource(bytes) }] }, here);
  const repository = memoryRegistry().repository('copy');
  const put: Repository['blob']['put'] = async (descriptor, source, options) => {
    const parts: Uint8Array[] = [];
    for (const [start, end] of [[0, 100_000], [100_000]] as const)
      parts.push(new Uint8Array(await new Response(await source.open({ start, end })).arrayBuffer()));
    const whole = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    return repository.blob.put(descriptor, bytesSource(whole), options);
  };
  const resuming = { ...repository, blob: { ...repository.blob, put } };
  await service.copy(here, { repository: resuming, reference: 'v1' });
  expect(await repository.blob.stat(digestOf(bytes))).toEqual(expect.objectContaining({ size: bytes.length }));
});

it('a target that cannot take bytes says so, and the stream of the source is closed', async () => {
  const { service, registry } = bench();
  let cancelled = false;
  const source = streamSource(
    () =>
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(600_000)),
        cancel() {
          cancelled = true;
        },
      }),
  );
  const shut = registry.repository('shut');
  const ingest = (): Promise<never> => Promise.reject(new RegistryError('ERR_REGISTRY_DENIED', 'no'));
  const to = { repository: { ...shut, blob: { ...shut.blob, ingest } }, reference: 'v1' };
  const packing = service.pack({ files: [{ path: 'endless', source }] }, to);
  await expect(packing).rejects.toMatchObject({ code: 'ERR_REGISTRY_DENIED' });
  expect(cancelled).toBe(true);
});

it('a sink that cannot take its files back still gives the first error', async () => {
  const { service } = bench();
  await service.pack(input, here);
  const fail = (what: string) => (): never => {
    throw new RegistryError('ERR_REGISTRY_DENIED', what);
  };
  const transaction = {
    directory: fail('directory'),
    file: fail('file'),
    symlink: fail('symlink'),
    hardlink: fail('hardlink'),
    commit: () => Promise.resolve(),
    rollback: () => Promise.reject(new Error('stuck')),
  };
  const unpacking = service.unpack(here, { begin: () => Promise.resolve(transaction) });
  await expect(unpacking).rejects.toMatchObject({ message: 'file', details: { rollback: 'Error: stuck' } });
});

it('the signals of a service and of a call both end it', async () => {
  const outer = new AbortController();
  const { service } = bench({ signal: outer.signal });
  const inner = new AbortController();
  await service.pack(input, here, { signal: inner.signal });
  inner.abort(new Error('inner'));
  await expect(service.pack(input, here, { signal: inner.signal })).rejects.toThrow('inner');
  outer.abort(new Error('outer'));
  await expect(service.pack(input, here, { signal: new AbortController().signal })).rejects.toThrow('outer');
});

it('a lock that is too large is not read', async () => {
  const { service, repository } = bench();
  const config = { mediaType: mediaTypes.lock, digest: digestOf(utf8('lock')), size: 30_000_000 };
  const { bytes } = buildManifest({ config, layers: [] });
  const get = (): Promise<StoredManifest> =>
    Promise.resolve({
      bytes,
      descriptor: { mediaType: mediaTypes.imageManifest, digest: digestOf(bytes), size: bytes.length },
    });
  const resolve = async (): Promise<StoredManifest['descriptor']> => (await get()).descriptor;
  const large = { ...withManifests(repository, get), resolve };
  await expect(service.inspect({ repository: large, reference: 'v1' })).rejects.toMatchObject({
    code: 'ERR_LIMIT_EXCEEDED',
  });
});
