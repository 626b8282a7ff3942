import { describe, expect, it } from 'vitest';
import { buildSbom } from '../../src/attest/index.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import type { SbomPackOptions } from '../../src/pack/sbom.ts';
import { bench, here, lockfileOf, somePackages, sourceOf, type Bench } from './fixtures.ts';

async function packed(): Promise<Bench> {
  const packages = somePackages(3);
  const made = bench({ sources: [sourceOf(packages)] });
  await made.service.pack({ lockfile: { name: 'package-lock.json', bytes: lockfileOf(packages) } }, here);
  made.events.length = 0;
  return made;
}

describe('the bill of materials of a pack', () => {
  it('is that of its lock, with the digest of its manifest', async () => {
    const { service } = await packed();
    const { descriptor, lock } = await service.inspect(here);
    const { mediaType, digest, size } = descriptor;
    const { subject, ...sbom } = await service.sbom(here, { format: 'cyclonedx' });
    expect(subject).toEqual({ mediaType, digest, size });
    if (lock === undefined) throw new Error('the pack has no lock');
    expect(sbom).toEqual(buildSbom(lock, 'cyclonedx', { digest }));
  });

  it('is the same twice, and elsewhere', async () => {
    const [one, other] = [await packed(), await packed()];
    const first = await one.service.sbom(here, { format: 'spdx' });
    expect((await one.service.sbom(here, { format: 'spdx' })).bytes).toEqual(first.bytes);
    expect(
      (await other.service.sbom({ repository: other.repository, reference: 'v1' }, { format: 'spdx' })).bytes,
    ).toEqual(first.bytes);
    expect(fromUtf8(first.bytes)).not.toContain(here.split(':')[0]);
  });

  it('takes a name, a version and a time', async () => {
    const { service } = await packed();
    const options = { format: 'cyclonedx', name: 'app', version: '1', created: 0 } as const;
    expect((await service.sbom(here, options)).document).toMatchObject({
      metadata: { timestamp: '1970-01-01T00:00:00Z', component: { name: 'app', version: '1' } },
    });
  });

  it('tells its start and its end', async () => {
    const { service, events } = await packed();
    await service.sbom(here, { format: 'spdx' });
    expect(events.filter(({ verb }) => verb === 'inspect').map(({ kind }) => kind)).toEqual(['start', 'done']);
  });

  it('is not made of files, of which nobody wrote down what they are', async () => {
    const { service } = await packed();
    const files = [{ path: 'a.txt', source: bytesSource(utf8('a')) }];
    await service.pack({ files }, 'registry.example/team/files:v1');
    await expect(service.sbom('registry.example/team/files:v1', { format: 'spdx' })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    });
  });

  it.each<[string, unknown]>([
    ['no options', undefined],
    ['another format', { format: 'xml' }],
    ['an option that nobody reads', { format: 'spdx', signed: true }],
    ['a digest, which it has itself', { format: 'spdx', digest: `sha256:${'0'.repeat(64)}` }],
  ])('refuses %s', async (_what, options) => {
    const { service } = await packed();
    await expect(service.sbom(here, options as SbomPackOptions)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
    });
  });

  it('ends with the reason of an abort', async () => {
    const { service } = await packed();
    const reason = new Error('enough');
    await expect(service.sbom(here, { format: 'spdx', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
