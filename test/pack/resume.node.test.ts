import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { layoutRepository } from '../../src/adapters/registry/layout.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { bytesSource, createPackService, type PackEvent } from '../../src/index.ts';
import { temporaryFolder } from '../adapters/node/temporary-folder.ts';
import { someBytes } from './fixtures.ts';

const size = 8_000_000;

it('a pull that was stopped goes on where it was, and leaves nothing', async () => {
  const inside = memoryRegistry();
  const handler = registryServer({ registry: inside });
  const ranges: (string | null)[] = [];
  const registry = httpRegistry({
    host: 'registry.example',
    fetch: (input, init) => {
      const request = new Request(input, init);
      if (request.method === 'GET' && request.url.includes('/blobs/')) ranges.push(request.headers.get('range'));
      return handler(request);
    },
  });
  const service = createPackService({ registries: () => registry });
  await service.pack({ files: [{ path: 'big', source: bytesSource(someBytes(size)) }] }, 'registry.example/x:1');
  const directory = join(temporaryFolder(), 'layout');
  const target = (): { repository: ReturnType<typeof layoutRepository>; reference: string } => ({
    repository: layoutRepository({ directory }),
    reference: '1',
  });

  const controller = new AbortController();
  const stopAt = (event: PackEvent): void => {
    if (event.descriptor?.size === size && event.bytes > size / 2) controller.abort(new Error('stopped'));
  };
  const options = { signal: controller.signal, onEvent: stopAt };
  await expect(service.copy('registry.example/x:1', target(), options)).rejects.toThrow('stopped');
  expect(existsSync(join(directory, 'index.json'))).toBe(false);
  expect(readdirSync(join(directory, '.packwright'))).toHaveLength(1);

  ranges.length = 0;
  let moved = 0;
  const onEvent = ({ descriptor, bytes }: PackEvent): void => {
    if (descriptor?.size === size) moved = Math.max(moved, bytes);
  };
  await service.copy('registry.example/x:1', target(), { onEvent });
  expect(ranges.filter((range) => range !== null)).toHaveLength(1);
  expect(moved).toBeGreaterThan(0);
  expect(moved).toBeLessThan(size / 2 + 2_000_000);
  expect(existsSync(join(directory, '.packwright'))).toBe(false);
  expect((await service.inspect(target())).size).toBeGreaterThan(size);
});
