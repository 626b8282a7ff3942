import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memoryBlobStore, memoryRecordStore } from '../../src/adapters/blob-store/memory.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import type { OpenStore } from '../../src/cli/open-store.ts';
import { storedSource } from '../../src/cli/stored-source.ts';
import { digestOf, integrityOf } from '../../src/digest/index.ts';
import { SourceError, StoreError } from '../../src/errors.ts';
import type { Source } from '../../src/ports/index.ts';
import { sriIndex } from '../../src/store/index.ts';
import { contentOf, someBytes } from '../../src/testing/bytes.ts';
import { lockfileOf, somePackages, sourceOf, type Package } from '../pack/fixtures.ts';
import { emptyFolder, run } from './run-command.ts';

const packages = somePackages(3);

/** A folder with a lockfile, and the registry on the loopback that it names. */
async function project(): Promise<{
  folder: string;
  requests: string[];
  write: (locked: readonly Package[]) => Promise<void>;
}> {
  const folder = await emptyFolder();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const found = packages.find(({ name }) => request.url?.startsWith(`/${name}/`));
    requests.push(found?.name ?? 'unknown');
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/octet-stream' });
    response.end(found?.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const write = (locked: readonly Package[]): Promise<void> => {
    const text = new TextDecoder().decode(lockfileOf(locked)).replaceAll('https://registry.example', here);
    return writeFile(join(folder, 'package-lock.json'), text);
  };
  await write(packages);
  return { folder, requests, write };
}

const pack = (output: string, ...flags: string[]): string[] => ['pack', 'package-lock.json', '-o', output, ...flags];

describe('packwright pack --store', () => {
  it('fetches each artifact once, and makes the same pack from the store, also offline', async () => {
    const { folder, requests } = await project();
    const first = await run(folder, pack('oci:a:1', '--store', 'fs:store'));
    expect([first.code, requests.length]).toEqual([0, 3]);
    for (const flags of [[], ['--offline']]) {
      const again = await run(folder, pack('oci:b:1', '--store', 'fs:store', ...flags));
      expect(again).toMatchObject({ code: 0, stdout: first.stdout.replace('oci:a', 'oci:b') });
    }
    expect(requests).toHaveLength(3);
  });

  it('fetches one artifact where one has changed', async () => {
    const { folder, requests, write } = await project();
    await write(packages.slice(0, 2));
    expect(await run(folder, pack('oci:a:1', '--store', 'fs:store'))).toMatchObject({ code: 0 });
    await write(packages);
    expect(await run(folder, pack('oci:a:2', '--store', 'fs:store'))).toMatchObject({ code: 0 });
    expect(requests.sort()).toEqual(['p0', 'p1', 'p2']);
  });

  it('fetches a blob again that is damaged in the store, and mends it there', async () => {
    const { folder, requests } = await project();
    const first = await run(folder, pack('oci:a:1', '--store', 'fs:store'));
    const hex = digestOf(packages[1]?.bytes ?? utf8('')).slice('sha256:'.length);
    const path = join(folder, 'store', 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2));
    for (const damage of [someBytes(101, 9), utf8('cut')]) {
      requests.length = 0;
      await chmod(path, 0o644);
      await writeFile(path, damage);
      const again = await run(folder, pack('oci:b:1', '--store', 'fs:store'));
      expect(again).toMatchObject({ code: 0, stdout: first.stdout.replace('oci:a', 'oci:b') });
      expect(requests).toEqual(['p1']);
    }
    expect(await run(folder, pack('oci:c:1', '--store', 'fs:store', '--offline'))).toMatchObject({ code: 0 });
  });

  it('is for a lockfile, and names what there is where it is of no kind that is known', async () => {
    const { folder } = await project();
    const files = ['pack', 'package-lock.json', '--as', 'files', '-o', 'oci:a:1', '--store', 'fs:store'];
    expect(await run(folder, files)).toMatchObject({ code: 2, stderr: expect.stringContaining('lockfile') as string });
    for (const store of ['gs://bucket', 's3://', 's3:', 'postgres://', 'fs:', 'store', 's3://key:hunter2@bucket']) {
      const { code, stdout, stderr } = await run(folder, pack('oci:a:1', '--store', store));
      expect([code, stdout], store).toEqual([2, '']);
      for (const form of ['fs:DIR', 's3://BUCKET', 'postgres://USER@HOST']) expect(stderr).toContain(form);
      expect(stderr).not.toContain('hunter2');
    }
  });
});

describe('storedSource', () => {
  const bytes = packages[0]?.bytes ?? utf8('');
  const sha512 = digestOf(bytes, 'sha512');
  const artifact = { name: 'p0@1.0.0', digests: [sha512] };
  const open = (): OpenStore => ({
    id: 'memory',
    blobs: memoryBlobStore(),
    records: memoryRecordStore(),
    close: () => Promise.resolve(),
  });
  const read = async (source: Source): Promise<Uint8Array | undefined> => {
    const stream = await source.open(artifact);
    return stream && contentOf(stream);
  };

  it('asks the next source where one has wrong bytes, fails, or has none, and keeps only the right ones', async () => {
    const store = open();
    const rotten = sourceOf(packages, (right) => right.slice(1), 'rotten');
    const empty = sourceOf([], undefined, 'empty');
    const down: Source = {
      id: 'down',
      open: () => Promise.reject(new SourceError('ERR_SOURCE_UNAVAILABLE', 'is down')),
    };
    const good = sourceOf(packages);
    expect(await read(storedSource(store, [rotten, empty, down, good]))).toEqual(bytes);
    expect(await read(storedSource(store, []))).toEqual(bytes);
    const wrong = read(storedSource(open(), [rotten, empty, down]));
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    await expect(read(storedSource(open(), [empty, down]))).rejects.toMatchObject({ code: 'ERR_SOURCE_UNAVAILABLE' });
    expect(await read(storedSource(open(), [empty]))).toBeUndefined();
  });

  it('does not delete a good blob that the index names for other bytes: the note goes', async () => {
    const store = open();
    const other = digestOf(utf8('other'));
    await store.blobs.put(other, bytesSource(utf8('other')));
    const index = sriIndex({ records: store.records });
    await index.add(other, integrityOf(sha512));
    const source = storedSource(store, [sourceOf(packages)]);
    await expect(read(source)).rejects.toMatchObject({ code: 'ERR_DIGEST_MISMATCH' });
    expect(await store.blobs.stat(other)).toBeDefined();
    expect(await read(source)).toEqual(bytes);
    expect(await index.find(integrityOf(sha512))).toBe(digestOf(bytes));
  });

  it('fails where the store fails, and asks nobody', async () => {
    const store = open();
    const get = (): Promise<never> => Promise.reject(new StoreError('ERR_STORE_READ', 'store is down'));
    const good = sourceOf(packages);
    const broken = storedSource({ ...store, records: { ...store.records, get } }, [good]);
    await expect(read(broken)).rejects.toMatchObject({ code: 'ERR_STORE_READ' });
    expect(good.asked).toEqual([]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(storedSource(open(), [good]).open(artifact, { signal })).rejects.toThrow('enough');
  });
});
