import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bytesSource } from '../../src/bytes/source.ts';
import { auditCommand } from '../../src/cli/commands/audit.ts';
import { openStore, type OpenStore } from '../../src/cli/open-store.ts';
import { digestOf, type Digest } from '../../src/digest/digest.ts';
import { createPackService, type PackEvent } from '../../src/index.ts';
import { storeRegistry } from '../../src/registry/index.ts';
import type { Repository } from '../../src/ports/index.ts';
import { someBytes } from '../../src/testing/bytes.ts';
import { emptyFolder, run } from '../cli/run-command.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { startPostgres, type PostgresServer } from '../peers/postgres-server.ts';
import { startS3Server, type S3Server } from '../peers/s3-servers.ts';
import { lockfileOf, somePackages } from '../pack/fixtures.ts';

type Environment = Readonly<Record<string, string>>;

interface Kept {
  /** What `--store` is given. */
  readonly text: string;
  readonly env: Environment;
  readonly secret: string;
}

const kinds = ['S3', 'Postgres'] as const;
const days = 86_400_000;

describeWithPeers('commands over stores with servers', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-commands-'));
  let s3: S3Server;
  let postgres: PostgresServer;
  let places = 0;
  beforeAll(async () => {
    [s3, postgres] = await Promise.all([startS3Server('versitygw', folder), startPostgres(['fsync=off'])]);
  });
  afterAll(async () => {
    await Promise.all([s3.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** A place in the bucket or the database that nothing is in. */
  const place = (kind: (typeof kinds)[number]): Kept => {
    places++;
    if (kind === 'S3') {
      const { accessKeyId, secretAccessKey: secret } = s3.credentials;
      const env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secret,
        AWS_ENDPOINT_URL_S3: s3.endpoint,
      };
      return { text: `s3://${s3.bucket}/place-${places}`, env, secret };
    }
    const url = new URL(postgres.url);
    url.password = '';
    url.searchParams.set('prefix', `place${places}_`);
    return { text: url.href, env: { PGPASSWORD: postgres.password }, secret: postgres.password };
  };

  const withOpen = async <T>({ text, env }: Kept, work: (store: OpenStore) => Promise<T>): Promise<T> => {
    const store = await openStore(text, { cwd: folder, env });
    return work(store).finally(() => store.close());
  };

  const command = async (kept: Kept, argv: readonly string[], now?: () => number, cwd = folder) => {
    const env = {
      ...kept.env,
      npm_config_cache: join(folder, 'no-cache'),
      npm_config_userconfig: join(folder, 'none'),
    };
    const done = await run(cwd, argv, { env, ...(now === undefined ? {} : { now }) });
    expect(done.stdout + done.stderr).not.toContain(kept.secret);
    return done;
  };

  const packed = async (repository: Repository, reference: string, size: number): Promise<Digest> => {
    const files = [{ path: 'a.bin', source: bytesSource(someBytes(size)) }];
    return (await createPackService().pack({ files }, { repository, reference })).digest;
  };
  const repositoryOf = ({ blobs, records }: OpenStore): Repository =>
    storeRegistry({ blobs, records }).repository('app');

  it.each(kinds)(
    'gc marks, and deletes when the grace is over, and nothing of another tenant: %s (W22)',
    async (kind) => {
      const [other, kept] = [place(kind), place(kind)];
      const loose = digestOf(someBytes(500));
      await withOpen(other, ({ blobs }) => blobs.put(loose, bytesSource(someBytes(500))));
      await withOpen(kept, async (store) => {
        const repository = repositoryOf(store);
        await packed(repository, 'kept', 4000);
        await repository.delete(await packed(repository, 'old', 3000));
      });
      const gc = async (after: number, ...flags: string[]): Promise<unknown> => {
        const now = (): number => Date.now() + after * days;
        const { code, stdout } = await command(kept, ['gc', '--store', kept.text, '--json', ...flags], now);
        expect(code).toBe(0);
        return JSON.parse(stdout);
      };
      expect(await gc(2, '--dry-run')).toMatchObject({ dryRun: true, released: 1, candidates: 2, deleted: 0 });
      expect(await gc(2)).toMatchObject({ released: 1, candidates: 2, marked: 2, deleted: 0 });
      expect(await gc(4)).toMatchObject({ candidates: 2, deleted: 2, errors: [] });
      const audited = await command(kept, ['audit', kept.text]);
      expect([audited.code, audited.stdout]).toEqual([0, expect.stringMatching(/^whole: 3 /)]);
      const stays = await withOpen(other, ({ blobs }) => blobs.stat(loose));
      expect(stays).toMatchObject({ size: 500 });
    },
  );

  it.each(kinds)('audit finds what is missing on %s, and takes it from the other store', async (kind) => {
    const [kept, other] = [place(kind), place(kind === 'S3' ? 'Postgres' : 'S3')];
    const both = { ...kept, env: { ...kept.env, ...other.env } };
    await withOpen(kept, (store) => packed(repositoryOf(store), 'a', 70_000));
    const migrated = await command(both, ['migrate', kept.text, other.text, '--json']);
    expect(JSON.parse(migrated.stdout)).toMatchObject({ complete: true, verified: 3 });
    await withOpen(kept, (store) => store.blobs.delete(digestOf(someBytes(70_000))));
    const found = await command(both, ['audit', '--store', kept.text, '--json']);
    expect([found.code, JSON.parse(found.stdout)]).toMatchObject([30, { ok: false, missing: [{ size: 70_000 }] }]);
    const repair = ['audit', kept.text, '--repair-from', other.text, '--json'];
    const repaired = await command(both, repair);
    expect(repaired.stdout).not.toContain(other.secret);
    expect([repaired.code, JSON.parse(repaired.stdout)]).toMatchObject([
      0,
      { ok: true, repaired: [{ was: 'missing' }] },
    ]);
    expect(await command(both, ['audit', kept.text])).toMatchObject({ code: 0 });
  });

  it.each(kinds)('pack keeps artifacts on %s, and fetches none of them again', async (kind) => {
    const kept = place(kind);
    const cwd = await emptyFolder();
    const packages = somePackages(3);
    // Nobody answers at the address of the lockfile: what is packed is from the store.
    await writeFile(join(cwd, 'package-lock.json'), lockfileOf(packages));
    const pack = ['pack', 'package-lock.json', '-o', 'oci:packs:1', '--offline', '--store', kept.text];
    expect((await command(kept, pack, undefined, cwd)).code).not.toBe(0);
    await withOpen(kept, async (store) => {
      const { storedSource } = await import('../../src/cli/stored-source.ts');
      const { sourceOf } = await import('../pack/fixtures.ts');
      const service = createPackService({ sources: [storedSource(store, [sourceOf(packages)])] });
      const lockfile = { name: 'package-lock.json', bytes: lockfileOf(packages) };
      await service.pack({ lockfile }, { repository: repositoryOf(store), reference: '1' });
    });
    expect(await command(kept, pack, undefined, cwd)).toMatchObject({ code: 0 });
  });

  it.each(kinds)('tell no secret of %s, neither the right one nor a wrong one', async (kind) => {
    const kept = place(kind);
    await withOpen(kept, (store) => packed(repositoryOf(store), 'a', 3000));
    const wrong = Object.fromEntries(
      Object.entries(kept.env).map(([name, value]) => [name, value === kept.secret ? 'hunter2' : value]),
    );
    for (const env of [kept.env, wrong]) {
      const events: PackEvent[] = [];
      const operation = { onEvent: (event: PackEvent): unknown => events.push(event) };
      const context = { cwd: folder, env, home: folder, now: Date.now, operation, info: (): void => undefined };
      const outcome: unknown = await auditCommand({ reference: kept.text }, context).catch((error: unknown) => error);
      const told = inspect([outcome, events, JSON.stringify([outcome, events])], { depth: 12, showHidden: true });
      expect(told).toContain(env === wrong ? 'StoreError' : 'checked');
      for (const secret of [kept.secret, 'hunter2', encodeURIComponent(kept.secret)])
        expect(told).not.toContain(secret);
      for (const argv of [
        ['gc', kept.text, '--json'],
        ['audit', kept.text, '--json'],
        ['audit', 'fs:none', '--repair-from', kept.text, '--json'],
        ['migrate', kept.text, 'fs:copy', '--json'],
        ['migrate', 'fs:copy', kept.text],
      ]) {
        const { stdout, stderr } = await command({ ...kept, env }, argv);
        for (const secret of [kept.secret, 'hunter2']) expect(stdout + stderr).not.toContain(secret);
      }
    }
  });
});
