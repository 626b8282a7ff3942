import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { SourceError } from '../../src/errors.ts';
import { canonicalJson, type LocateArtifact, type PackLockInput } from '../../src/index.ts';
import {
  bench,
  here,
  isEmpty,
  lockfileOf,
  memorySink,
  somePackages,
  sourceOf,
  tree,
  type Package,
} from './fixtures.ts';

const inputOf = (packages: readonly Package[], more: Partial<PackLockInput> = {}): PackLockInput => ({
  lockfile: { name: 'package-lock.json', bytes: lockfileOf(packages) },
  ...more,
});

describe('a pack of a lock', () => {
  it('has the lock as config, the lockfile as first layer, and one layer for each artifact', async () => {
    const packages = somePackages(3);
    const { service } = bench({ sources: [sourceOf(packages)] });
    const packed = await service.pack(inputOf(packages), here);
    const { manifest, lock, entries } = await service.inspect(here);
    expect(manifest).toMatchObject({
      artifactType: 'application/vnd.packwright.pack.v1+json',
      config: { mediaType: 'application/vnd.packwright.lock.v1+json', digest: digestOf(canonicalJson(lock)) },
      layers: [
        { mediaType: 'application/json', digest: digestOf(lockfileOf(packages)) },
        ...packages.map(({ name, bytes }) => ({
          mediaType: 'application/gzip',
          digest: digestOf(bytes),
          size: bytes.length,
          annotations: { 'org.opencontainers.image.title': `npm/${name}/1.0.0.tgz` },
        })),
      ],
    });
    expect(packed.lock).toEqual(lock);
    expect(entries.map(({ path, name }) => [path, name])[1]).toEqual(['npm/p0/1.0.0.tgz', 'p0']);
    expect(packed.uploaded).toEqual({ blobs: 5, bytes: packed.size - packed.descriptor.size });
  });

  it('has the digest that it always had', async () => {
    const packages = somePackages(5);
    const each = await bench({ sources: [sourceOf(packages)] }).service.pack(inputOf(packages), here);
    expect(each.digest).toMatchInlineSnapshot(
      `"sha256:1ea5fbe0801749a1203f8f4020e8afa332052334078249f39e9487aeb8e593b7"`,
    );
    const grouped = await bench({ sources: [sourceOf(packages)] }).service.pack(
      inputOf(packages, { grouping: 'tar' }),
      here,
    );
    expect(grouped.digest).toMatchInlineSnapshot(
      `"sha256:91a1253d3049628a522c187cb129c8aeb4c444b46aaf549a2396fceeac0a07ed"`,
    );
  });

  it('writes nothing twice', async () => {
    const packages = somePackages(3);
    const { service } = bench({ sources: [sourceOf(packages)] });
    await service.pack(inputOf(packages), here);
    const again = await service.pack(inputOf(packages), here);
    expect(again.uploaded).toEqual({ blobs: 0, bytes: 0 });
    expect(again.artifacts.every(({ reused }) => reused)).toBe(true);
  });

  it('fetches bytes that two entries share once', async () => {
    const [first] = somePackages(1) as [Package];
    const packages = [first, { name: 'alias', bytes: first.bytes }];
    const source = sourceOf(packages);
    const { service } = bench({ sources: [source] });
    const packed = await service.pack(inputOf(packages), here);
    expect(source.asked).toHaveLength(1);
    expect(packed.layers).toHaveLength(3);
    const sink = memorySink();
    expect((await service.unpack(here, sink)).files).toBe(3);
  });

  it('unpacks to the files that were packed', async () => {
    const packages = somePackages(4);
    const { service } = bench({ sources: [sourceOf(packages)] });
    await service.pack(inputOf(packages), here);
    const sink = memorySink();
    await service.unpack(here, sink);
    for (const { name, bytes } of packages)
      expect(sink.files().get(`npm/${name}/1.0.0.tgz`)).toMatchObject({ bytes: new Uint8Array(bytes) });
    expect(Object.keys(tree(sink))).toContain('package-lock.json');
  });

  it('puts all artifacts into one tar where it is asked to, which unpacks to the same files', async () => {
    const packages = [...somePackages(4), { name: 'large', bytes: new Uint8Array(3_000_000).fill(7) }];
    const { service } = bench({ sources: [sourceOf(packages)] });
    const packed = await service.pack(inputOf(packages, { grouping: 'tar' }), here);
    expect(packed.layers.map(({ mediaType }) => mediaType)).toEqual([
      'application/json',
      'application/vnd.oci.image.layer.v1.tar',
    ]);
    expect(packed.artifacts.map(({ path }) => path)).toContain('npm/large/1.0.0.tgz');
    const [grouped, each] = [memorySink(), memorySink()];
    await service.unpack(here, grouped);
    await service.pack(inputOf(packages), 'registry.example/team/app:v2');
    await service.unpack('registry.example/team/app:v2', each);
    expect(tree(grouped)).toEqual(tree(each));
  });

  it('takes an artifact that is too large for memory straight into the target', async () => {
    const packages = [{ name: 'large', bytes: new Uint8Array(3_000_000).fill(7) }];
    const { service } = bench({ sources: [sourceOf(packages)] });
    const packed = await service.pack(inputOf(packages), here);
    expect(packed.layers[1]).toMatchObject({ digest: digestOf(packages[0]?.bytes as Uint8Array), size: 3_000_000 });
  });
});

describe('sources', () => {
  it('are asked in order, and events say why the next one was', async () => {
    const packages = somePackages(2);
    const failing = sourceOf(
      packages,
      () => {
        throw new SourceError('ERR_SOURCE_UNAVAILABLE', 'the mirror is down');
      },
      'mirror',
    );
    const { service, events } = bench({ sources: [sourceOf([], undefined, 'empty'), failing, sourceOf(packages)] });
    await service.pack(inputOf(packages), here);
    const notes = events.filter(({ kind, name }) => kind === 'fallback' && name === 'p0@1.0.0');
    expect(notes.map(({ message }) => message)).toEqual(['empty does not have it', 'mirror: the mirror is down']);
  });

  it('are asked again for wrong bytes, and what is right in the end is packed', async () => {
    const packages = somePackages(1);
    let asked = 0;
    const flaky = sourceOf(packages, (bytes) => (++asked < 5 ? bytes.map((byte) => byte ^ 1) : bytes));
    const { service, events } = bench({ sources: [flaky] });
    await service.pack(inputOf(packages), here);
    expect(asked).toBe(5);
    expect(events.filter(({ kind }) => kind === 'retry')).toHaveLength(4);
  });

  it.each(['each', 'tar'] as const)(
    'that only give wrong bytes fail the pack (%s), which leaves nothing',
    async (grouping) => {
      const packages = somePackages(20);
      const lying = sourceOf(packages, (bytes, { name }) => (name === 'p7@1.0.0' ? bytes.slice(1) : bytes));
      const { service, repository } = bench({ sources: [lying] });
      const packing = service.pack(inputOf(packages, grouping === 'tar' ? { grouping } : {}), here);
      await expect(packing).rejects.toMatchObject({
        code: 'ERR_DIGEST_MISMATCH',
        message: expect.stringContaining('p7@1.0.0') as string,
        details: { entry: 'p7@1.0.0' },
      });
      expect(lying.asked.filter((name) => name === 'p7@1.0.0')).toHaveLength(5);
      expect(await isEmpty(repository)).toBe(true);
      for (const { bytes } of packages) expect(await repository.blob.stat(digestOf(bytes))).toBeUndefined();
    },
  );

  it('that do not have an entry fail the pack by its name', async () => {
    const packages = somePackages(3);
    const { service } = bench({ sources: [sourceOf(packages.slice(1), undefined, 'half')] });
    await expect(service.pack(inputOf(packages), here)).rejects.toMatchObject({
      code: 'ERR_SOURCE_NOT_FOUND',
      details: { entry: 'p0@1.0.0', origin: 'https://registry.example/p0/-/p0-1.0.0.tgz' },
    });
    await expect(bench().service.pack(inputOf(packages), here)).rejects.toMatchObject({ code: 'ERR_SOURCE_NOT_FOUND' });
  });

  it('are stopped when one artifact cannot be had', async () => {
    const packages = somePackages(30);
    let aborted = 0;
    const source = sourceOf(packages, async (bytes, { name }, { signal }) => {
      if (name === 'p0@1.0.0') await new Promise((resolve) => setTimeout(resolve, 20));
      if (name === 'p0@1.0.0') throw new SourceError('ERR_SOURCE_UNAVAILABLE', 'gone');
      await new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, 5000);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          aborted++;
          reject(signal.reason as Error);
        });
      });
      return bytes;
    });
    const { service } = bench({ sources: [source] });
    await expect(service.pack(inputOf(packages), here)).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE' });
    expect(aborted).toBe(7);
    expect(source.asked).toHaveLength(8);
  });

  it('are asked for at most as many artifacts at a time as the concurrency says', async () => {
    const packages = somePackages(1000, 10);
    let running = 0;
    let most = 0;
    const source = sourceOf(packages, async (bytes) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 0));
      running--;
      return bytes;
    });
    const { service } = bench({ sources: [source], concurrency: 5 });
    const packed = await service.pack(inputOf(packages), here);
    expect(packed.artifacts).toHaveLength(1001);
    expect(most).toBe(5);
  });

  it('are given the address that `locate` says, else that of the lockfile, and only the latter is written', async () => {
    const packages = somePackages(2);
    const seen: (string | undefined)[] = [];
    const source = sourceOf(packages, (content, { location }) => {
      seen.push(location);
      return content;
    });
    const locate: LocateArtifact = ({ name, version, origin }) =>
      name === 'p0' ? `https://made.example/${name}-${version}?for=${String(origin)}` : undefined;
    const { service } = bench({ sources: [source], locate });
    const packed = await service.pack(inputOf(packages), here);
    expect(seen.sort()).toEqual([
      'https://made.example/p0-1.0.0?for=https://registry.example/p0/-/p0-1.0.0.tgz',
      'https://registry.example/p1/-/p1-1.0.0.tgz',
    ]);
    expect(packed.lock?.entries[0]?.origin).toBe('https://registry.example/p0/-/p0-1.0.0.tgz');
    expect(JSON.stringify(packed.lock)).not.toContain('made.example');
  });
});

describe('limits and a frozen lock', () => {
  it.each([
    ['one artifact', { artifactBytes: 50 }],
    ['all artifacts', { totalBytes: 250 }],
  ])('refuse too many bytes of %s', async (_, limits) => {
    const packages = somePackages(3);
    const { service, repository } = bench({ sources: [sourceOf(packages)], limits });
    await expect(service.pack(inputOf(packages), here)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' });
    expect(await isEmpty(repository)).toBe(true);
  });

  it('refuse more layers than a manifest can name, before anything is fetched', async () => {
    // The same bytes each time are told apart by name all the same.
    const packages = Array.from({ length: 11_000 }, (_, index) => ({
      name: `${'p'.repeat(200)}${index}`,
      bytes: new Uint8Array([1]),
    }));
    const source = sourceOf(packages);
    const { service } = bench({ sources: [source] });
    await expect(service.pack(inputOf(packages), here)).rejects.toMatchObject({
      code: 'ERR_LIMIT_EXCEEDED',
      hint: expect.stringContaining('grouping') as string,
    });
    expect(source.asked).toEqual([]);
  }, 20_000);

  it('accept exactly the lock that was frozen', async () => {
    const packages = somePackages(3);
    const { service } = bench({ sources: [sourceOf(packages)] });
    const packed = await service.pack(inputOf(packages), here);
    const frozen = canonicalJson(packed.lock);
    expect((await service.pack(inputOf(packages, { frozen }), here)).digest).toBe(packed.digest);
    const other = inputOf(somePackages(4), { frozen });
    await expect(service.pack(other, here)).rejects.toMatchObject({ code: 'ERR_LOCK_INVALID' });
    const spaced = new Uint8Array([...frozen, 0x20]);
    await expect(service.pack(inputOf(packages, { frozen: spaced }), here)).rejects.toMatchObject({
      code: 'ERR_LOCK_INVALID',
    });
  });

  it('refuse a frozen lock that names other bytes under the same integrity', async () => {
    const packages = somePackages(2);
    const { service } = bench({ sources: [sourceOf(packages)] });
    const { lock } = await service.pack(inputOf(packages), here);
    const text = new TextDecoder().decode(canonicalJson(lock));
    const digest = lock?.entries[0]?.digest ?? '';
    const frozen = new TextEncoder().encode(text.replace(digest, digestOf(new Uint8Array([1]))));
    await expect(service.pack(inputOf(packages, { frozen }), here)).rejects.toMatchObject({
      code: 'ERR_DIGEST_MISMATCH',
    });
  });
});

describe('determinism', () => {
  it('gives one lock whatever the order of the lockfile', async () => {
    const packages = somePackages(12);
    const locks = await Promise.all(
      (['given', 'reversed'] as const).map(async (order) => {
        const { service } = bench({ sources: [sourceOf(packages)] });
        const bytes = lockfileOf(packages, order);
        return (await service.pack({ lockfile: { name: 'package-lock.json', bytes } }, here)).lock?.entries;
      }),
    );
    expect(locks[0]).toEqual(locks[1]);
  });
});
