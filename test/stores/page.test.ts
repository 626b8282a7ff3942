import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { describeWithPeers } from '../interop/peers.ts';
import { programsOf, runProgramOf, type PageProgram } from '../meta/page-programs.ts';
import { startPostgres } from '../peers/postgres-server.ts';
import { s3ServerKinds, startS3Server } from '../peers/s3-servers.ts';

function programUnder(heading: string): PageProgram {
  const found = programsOf('docs/stores.md').find((program) => program.heading === heading);
  if (found === undefined) throw new Error(`there is no program under ${heading}`);
  return found;
}

describeWithPeers('docs/stores.md', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'packwright-page-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(s3ServerKinds)('works when pasted: S3 on %s', async (kind) => {
    mkdirSync(join(folder, kind));
    const server = await startS3Server(kind, join(folder, kind));
    onTestFinished(() => server.stop());
    await server.createBucket('packs');
    const { accessKeyId, secretAccessKey } = server.credentials;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const program = programUnder('S3');
    expect(await runProgramOf(program, folder, { ...keys, AWS_ENDPOINT_URL_S3: server.endpoint })).toBe(
      program.printed,
    );
  });

  it('works when pasted: Postgres', async () => {
    const server = await startPostgres(['fsync=off']);
    onTestFinished(() => server.stop());
    const url = new URL(server.url);
    url.password = '';
    const program = programUnder('Postgres');
    const env = { DATABASE_URL: url.href, PGPASSWORD: server.password };
    expect(await runProgramOf(program, folder, env)).toBe(program.printed);
  });
});
