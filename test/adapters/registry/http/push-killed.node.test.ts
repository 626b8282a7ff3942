import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../../../src/adapters/node/http-listener.ts';
import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { registryServer } from '../../../../src/adapters/registry/server.ts';
import { someBytes } from '../../../../src/testing/bytes.ts';
import { workers, type Workers } from '../../node/child-process.ts';
import { temporaryFolder } from '../../node/temporary-folder.ts';
import { descriptorOf } from './blob-registry.ts';

let others: Workers;
beforeAll(async () => {
  others = await workers(join(import.meta.dirname, 'push-worker.ts'));
});
afterAll(() => others.dispose());

describe('a push that is killed', () => {
  it('goes on in the next process where it was, and leaves nothing', { timeout: 30_000 }, async () => {
    const registry = memoryRegistry();
    const handler = registryServer({ registry });
    const seen: string[] = [];
    const server = await listen(
      (request) => {
        const range = request.headers.get('content-range') ?? '';
        seen.push(`${request.method} ${new URL(request.url).pathname.replace(/[0-9a-f]{20,}/, '*')} ${range}`.trim());
        return handler(request);
      },
      { grace: 0 },
    );
    const directory = join(temporaryFolder(), 'uploads');
    try {
      const first = await others.start(server.url.host, directory, '6000000');
      await first.kill();
      expect(filesIn(directory)).toHaveLength(1);
      seen.length = 0;
      expect(await others.run(server.url.host, directory)).toBe('created');
    } finally {
      await server.close();
    }
    const { digest } = descriptorOf(someBytes(12_000_000));
    expect(await registry.repository('team/app').blob.stat(digest)).toEqual({ size: 12_000_000 });
    expect(seen.filter((line) => line.startsWith('POST'))).toEqual([]);
    expect(seen.at(-1)).toMatch(/^PUT \/v2\/team\/app\/blobs\/uploads\/\S+ [1-9]\d{5,}-11999999$/);
    expect(filesIn(directory)).toEqual([]);
  });
});

function filesIn(directory: string): string[] {
  const found = readdirSync(directory, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
}
