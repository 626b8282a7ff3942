import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { layoutArchiveStream, openLayout, openLayoutArchive } from '../../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import { createPackService } from '../../../src/index.ts';
import { legacyTag, putImage } from '../verify/packs.ts';
import { anotherKey, keyed, policyFor } from './test-signers.ts';

const key = keyed();

it('signs in a layout folder, in both formats, and signatures travel into it and out of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-sign-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { repository } = openLayout({ directory: folder });
  const registry = memoryRegistry();
  const service = createPackService({ registries: () => registry });
  const second = await anotherKey();
  await putImage(registry.repository('a'));
  await service.sign('registry.example/a:v1', key, { format: 'legacy' });
  await service.copy('registry.example/a:v1', { repository, reference: 'v1' });
  const location = { repository, reference: 'v1' };
  await expect(service.verify(location, policyFor(key.pem))).resolves.toBeDefined();
  await service.sign(location, second);
  await service.sign(location, second, { format: 'legacy' });
  await service.copy(location, 'registry.example/b:v1');
  for (const { pem } of [key, second]) {
    await expect(service.verify('registry.example/b:v1', policyFor(pem))).resolves.toBeDefined();
  }
});

it('signs ten times at once in one layout folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-sign-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const image = await putImage(openLayout({ directory: folder }).repository);
  const service = createPackService({});
  const signers = await Promise.all(Array.from({ length: 10 }, anotherKey));
  await Promise.all(
    signers.map((signer) =>
      service.sign({ repository: openLayout({ directory: folder }).repository, reference: 'v1' }, signer),
    ),
  );
  expect((await openLayout({ directory: folder }).repository.referrers(image.digest)).referrers).toHaveLength(10);
});

it('signatures travel in an archive, in both formats', async () => {
  const registry = memoryRegistry();
  const repository = registry.repository('a');
  const service = createPackService({ registries: () => registry });
  const second = await anotherKey();
  const image = await putImage(repository);
  await service.sign('registry.example/a:v1', key, { format: 'legacy' });
  await service.sign('registry.example/a:v1', second);
  for (const roots of [[{ reference: 'v1' }], [{ reference: 'v1' }, { reference: legacyTag(image.digest, 'sig') }]]) {
    const { stream } = await layoutArchiveStream(repository, roots);
    const archive = await openLayoutArchive(bytesSource(await readAll(stream, { limit: 2 ** 20 })));
    for (const { pem } of [key, second]) {
      const location = { repository: archive, reference: 'v1' };
      await expect(service.verify(location, policyFor(pem))).resolves.toBeDefined();
    }
  }
  const { stream } = await layoutArchiveStream(repository, [{ reference: 'v1' }], { referrers: false });
  const bare = await openLayoutArchive(bytesSource(await readAll(stream, { limit: 2 ** 20 })));
  const verdict = service.verify({ repository: bare, reference: 'v1' }, policyFor(key.pem));
  await expect(verdict).rejects.toMatchObject({ code: 'ERR_NO_SIGNATURES' });
});
