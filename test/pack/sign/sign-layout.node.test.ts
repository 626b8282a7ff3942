import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openLayout } from '../../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../../src/adapters/registry/memory.ts';
import { createPackService } from '../../../src/index.ts';
import { putImage } from '../verify/packs.ts';
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
