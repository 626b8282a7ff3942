import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsBlobStore } from '../../src/adapters/blob-store/fs.ts';
import { bytesSource } from '../../src/bytes/source.ts';
import { openStore } from '../../src/cli/open-store.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { emptyFolder, run } from './run-command.ts';

async function digestsIn(directory: string): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of fsBlobStore({ directory }).list()) digests.add(digest);
  return digests;
}

async function filled(directory: string, count: number): Promise<Set<Digest>> {
  const blobs = fsBlobStore({ directory });
  for (let size = 1; size <= count; size++) {
    await blobs.put(digestOf(someBytes(size)), bytesSource(someBytes(size)));
  }
  return digestsIn(directory);
}

describe('packwright migrate', () => {
  it('moves all blobs of a folder into another, and empties the first (W9)', async () => {
    const cwd = await emptyFolder();
    const all = await filled(join(cwd, 'old'), 20);
    const preview = await run(cwd, ['migrate', 'fs:old', 'fs:new', '--dry-run']);
    expect([preview.code, preview.stdout]).toEqual([0, expect.stringContaining('would copy 20 blobs')]);
    const { code, stdout } = await run(cwd, ['migrate', 'fs:old', 'fs:new', '--delete-source', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, copied: 20, verified: 20, deleted: 20, flipped: true });
    expect(await digestsIn(join(cwd, 'new'))).toEqual(all);
    expect((await digestsIn(join(cwd, 'old'))).size).toBe(0);
  });

  it('replaces a damaged blob of the target (W10), and exits with 1 where the source has none', async () => {
    const cwd = await emptyFolder();
    const { writeFile } = await import('node:fs/promises');
    await filled(join(cwd, 'old'), 2);
    await filled(join(cwd, 'new'), 1);
    const pathOf = (folder: string, size: number): string => {
      const hex = digestOf(someBytes(size)).slice('sha256:'.length);
      return join(cwd, folder, 'blobs', 'sha256', hex.slice(0, 2), hex.slice(2));
    };
    await writeFile(pathOf('new', 1), 'x');
    await writeFile(pathOf('old', 2), 'xy');
    const first = await run(cwd, ['migrate', 'fs:old', 'fs:new', '--delete-source']);
    expect([first.code, first.stdout]).toEqual([1, expect.stringContaining(digestOf(someBytes(2)))]);
    expect((await digestsIn(join(cwd, 'old'))).size).toBe(2);
    await writeFile(pathOf('old', 2), someBytes(2));
    const second = await run(cwd, ['migrate', 'fs:old', 'fs:new', '--delete-source', '--id', 'blobs', '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({ complete: true, resumed: 1, copied: 1, deleted: 2 });
  });

  it('deletes nothing of one store that has two names, and refuses one that is named twice', async () => {
    const cwd = await emptyFolder();
    const all = await filled(join(cwd, 'old'), 3);
    await symlink('old', join(cwd, 'link'));
    for (const to of ['fs:link', 'fs:./old/']) {
      const { code, stdout, stderr } = await run(cwd, ['migrate', 'fs:old', to, '--delete-source']);
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(/are one store|both stores are fs:/)]);
    }
    expect(await digestsIn(join(cwd, 'old'))).toEqual(all);
  });

  it('takes a source that is not there for a slip, and not for an empty one', async () => {
    const cwd = await emptyFolder();
    const { code, stderr } = await run(cwd, ['migrate', 'fs:olt', 'fs:new', '--json']);
    expect([code, JSON.parse(stderr)]).toMatchObject([1, { error: { code: 'ERR_STORE_READ' } }]);
    expect(await readdir(cwd)).toEqual([]);
  });

  it('names every variable that is missing, and never repeats a secret', async () => {
    const cwd = await emptyFolder();
    const missing = await run(cwd, ['migrate', 'fs:old', 's3://bucket/team/']);
    expect(missing.code).toBe(2);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) expect(missing.stderr).toContain(name);
    const secrets = [
      's3://key:hunter2@bucket',
      's3://bucket?secret=hunter2',
      'postgres://me:hunter2@db.example/packs',
      'postgres://me@db.example/packs?password=hunter2',
      'postgres://[hunter2',
      'mongodb://hunter2',
      'fs:',
    ];
    for (const store of secrets) {
      const { code, stdout, stderr } = await run(cwd, ['migrate', store, 'fs:new', '--json']);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain('hunter2');
    }
  });
});

describe('openStore', () => {
  it('opens a bucket with the keys of the environment, and a prefix', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'hunter2', AWS_REGION: 'eu-central-1' };
    for (const store of ['s3://bucket', 's3://bucket/', 's3://bucket/team/app/']) {
      const opened = await openStore(store, { cwd: '.', env });
      expect(opened.id).toContain('bucket');
      expect(JSON.stringify(opened)).not.toContain('hunter2');
      await opened.close();
    }
  });

  it('opens a database with the password of the environment', async () => {
    const store = 'postgres://me@127.0.0.1:9/packs?schema=team&prefix=app_';
    const opened = await openStore(store, { cwd: '.', env: { PGPASSWORD: 'hunter2/@' } });
    // Of two prefixes in one database the one can be migrated to the other.
    expect(opened.id).toBe('postgres:127.0.0.1:9/packs?schema=team&prefix=app_');
    await opened.close();
    const plain = await openStore('postgresql://127.0.0.1:9/packs', { cwd: '.', env: {} });
    expect(plain.id).toBe('postgres:127.0.0.1:9/packs');
    await plain.close();
  });
});
