import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import { openLayout, openLayoutArchive, layoutArchiveStream } from '../../../src/adapters/registry/layout.ts';
import { fileBytes } from '../../../src/adapters/source/file.ts';
import { readAll } from '../../../src/bytes/stream.ts';
import { createPackService } from '../../../src/index.ts';
import type { Repository } from '../../../src/ports/registry.ts';
import { putImage } from './packs.ts';
import { demand, legacyLayer, putLegacy, sign } from './signed-packs.ts';

const service = createPackService();

async function layout(): Promise<{ directory: string; repository: Repository }> {
  const directory = await mkdtemp(join(tmpdir(), 'packwright-verify-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return { directory, repository: openLayout({ directory: join(directory, 'layout') }).repository };
}

describe('a pack in a layout', () => {
  it('is verified by its referrers', async () => {
    const { repository } = await layout();
    const image = await putImage(repository);
    await expect(service.verify({ repository, reference: 'v1' }, demand)).rejects.toMatchObject({
      code: 'ERR_NO_SIGNATURES',
    });
    await sign(repository, image);
    expect(await service.verify({ repository, reference: 'v1' }, demand)).toMatchObject({
      descriptor: { digest: image.digest },
      referrers: 'api',
    });
  });

  it('is verified by what cosign 2 signed', async () => {
    const { repository } = await layout();
    const image = await putImage(repository);
    await putLegacy(repository, image, 'sig', await legacyLayer(image.digest));
    expect((await service.verify({ repository, reference: 'v1' }, demand)).report.verdict).toBe('passed');
  });

  it('is not verified where a signature that is listed was removed', async () => {
    const { directory, repository } = await layout();
    const image = await putImage(repository);
    const { digest } = await sign(repository, image);
    await rm(join(directory, 'layout', 'blobs', ...digest.split(':')));
    const again = openLayout({ directory: join(directory, 'layout') }).repository;
    await expect(service.verify({ repository: again, reference: 'v1' }, demand)).rejects.toMatchObject({
      code: 'ERR_SIGNATURES_UNREACHABLE',
    });
  });

  it('is verified in a tar', async () => {
    const { directory, repository } = await layout();
    const image = await putImage(repository);
    await sign(repository, image);
    const path = join(directory, 'layout.tar');
    const { stream, bytes } = await layoutArchiveStream(repository, [{ reference: 'v1' }]);
    await writeFile(path, await readAll(stream, { limit: 2 * bytes + 2 ** 20 }));
    const archive = await openLayoutArchive(await fileBytes(path));
    expect((await service.verify({ repository: archive, reference: 'v1' }, demand)).descriptor.digest).toBe(
      image.digest,
    );
  });
});
