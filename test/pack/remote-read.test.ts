import { describe, expect, it } from 'vitest';
import { httpRegistries } from '../../src/adapters/registry/http.ts';
import { createPackService } from '../../src/index.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import { memorySink } from '../../src/adapters/sink/memory.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { utf8 } from '../../src/bytes/encoding.ts';

describe('a pack in a registry', () => {
  it('is read without asking for its manifest twice', async () => {
    const requests: string[] = [];
    const handler = registryServer({ registry: memoryRegistry() });
    const registries = httpRegistries({
      fetch: (input, init) => {
        const request = new Request(input, init);
        requests.push(`${request.method} ${new URL(request.url).pathname}`);
        return handler(request);
      },
    });
    const service = createPackService({ registries });
    const name = 'registry.example/app:1';
    await service.pack({ files: [{ path: 'a', source: bytesSource(utf8('a')) }] }, name);
    const manifests = async (work: Promise<unknown>): Promise<readonly string[]> => {
      requests.length = 0;
      await work;
      return requests.filter((line) => line.includes('/manifests/'));
    };
    const once = ['GET /v2/app/manifests/1'];
    expect(await manifests(service.inspect(name, { referrers: false }))).toEqual(once);
    expect(await manifests(service.unpack(name, memorySink()))).toEqual(once);
    expect(await manifests(service.diff(name, name))).toEqual([...once, ...once]);
    expect(await manifests(service.resolve(name))).toEqual(['HEAD /v2/app/manifests/1']);
  });
});
