import { expect, it } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { createPackService } from '../../src/index.ts';

it('pushes what a mirror of the target has, and the target has not', async () => {
  const local = memoryRegistry({ id: 'local' }).repository('team/app');
  const [origin, mirror] = [memoryRegistry({ id: 'origin' }), memoryRegistry({ id: 'mirror' })];
  const servers = new Map([
    ['registry.example', registryServer({ registry: origin, hosts: ['registry.example'] })],
    ['mirror.example', registryServer({ registry: mirror, hosts: ['mirror.example'] })],
  ]);
  const registry = httpRegistry({
    host: 'registry.example',
    mirrors: [{ host: 'mirror.example' }],
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return (await servers.get(new URL(request.url).host)?.(request)) ?? Response.error();
    },
  });
  const service = createPackService();
  const source = { repository: local, reference: '1' };
  await service.pack({ files: [{ path: 'a.txt', source: bytesSource(utf8('a')) }] }, source);
  await service.copy(source, { repository: mirror.repository('team/app'), reference: '1' });

  const repository = registry.repository('team/app');
  expect(await repository.resolve('1')).toBeDefined();
  expect(await repository.resolve('1', { direct: true })).toBeUndefined();
  const { descriptor } = await service.copy(source, { repository, reference: '1' });
  expect((await origin.repository('team/app').resolve('1'))?.digest).toBe(descriptor.digest);
});
