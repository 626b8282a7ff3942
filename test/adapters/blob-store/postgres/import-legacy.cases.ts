import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PGlite } from '@electric-sql/pglite';
import { memoryBlobStore } from '../../../../src/adapters/blob-store/memory.ts';
import { importLegacyBlobs, postgresBlobStore, type LegacyBlob } from '../../../../src/adapters/blob-store/postgres.ts';
import { toBase64, utf8 } from '../../../../src/bytes/encoding.ts';
import { digestOf } from '../../../../src/digest/digest.ts';
import { integrityOf } from '../../../../src/digest/integrity.ts';
import { contentOf, someBytes } from '../../../../src/testing/bytes.ts';
import { newPrefix, pglite } from './pglite.ts';

vi.setConfig({ testTimeout: 60_000 });
const sri = (bytes: Uint8Array): string => integrityOf(digestOf(bytes, 'sha512'));

describe('importLegacyBlobs', () => {
  let client: PGlite;
  let table: string;
  beforeAll(async () => {
    client = await pglite();
  });
  beforeEach(async () => {
    table = `${newPrefix()}legacy`;
    await client.query(
      `CREATE TABLE ${table} (integrity text PRIMARY KEY, data text NOT NULL, size_bytes bigint NOT NULL,
       created_at timestamp DEFAULT now())`,
    );
  });

  async function insert(integrity: string, data: string, size: number): Promise<void> {
    await client.query(`INSERT INTO ${table} VALUES ($1, $2, $3)`, [integrity, data, size]);
  }

  it('puts the bytes of each row under their digest, and tells the old key', async () => {
    const right = utf8('the bytes that the key names');
    const other = utf8('the bytes of another archive');
    await insert(sri(right), toBase64(right), right.length);
    await insert(sri(utf8('the tarball')), toBase64(other), 5);
    await insert('not an integrity', toBase64(new Uint8Array()), 0);
    const blobs = memoryBlobStore();
    const told: LegacyBlob[] = [];
    const report = await importLegacyBlobs({ client, table, blobs, onBlob: (blob) => void told.push(blob) });
    expect(report).toEqual({
      imported: 3,
      alreadyThere: 0,
      known: 0,
      bytes: right.length + other.length,
      mismatched: { integrity: 2, size: 1 },
      unlikeManifest: [],
      missing: [],
      unreadable: [],
    });
    const row = told.find(({ integrity }) => integrity === sri(utf8('the tarball')));
    expect(row).toEqual({
      integrity: sri(utf8('the tarball')),
      digest: digestOf(other),
      size: other.length,
      created: true,
      integrityMatches: false,
      sizeMatches: false,
      manifestMatches: undefined,
    });
    const stored = await blobs.get(digestOf(right));
    expect(stored && (await contentOf(await stored.open()))).toEqual(right);
    expect(await importLegacyBlobs({ client, table, blobs })).toMatchObject({ imported: 0, alreadyThere: 3 });
  });

  it('reads a large row in parts, and into the same database', async () => {
    const bytes = someBytes(3_500_001);
    await insert(sri(bytes), toBase64(bytes), bytes.length);
    const blobs = postgresBlobStore({ client, prefix: newPrefix() });
    expect(await importLegacyBlobs({ client, table, blobs })).toMatchObject({
      imported: 1,
      mismatched: { integrity: 0, size: 0 },
    });
    expect(await blobs.stat(digestOf(bytes))).toMatchObject({ size: bytes.length });
  });

  it('reports what is not base64, and imports the rest', async () => {
    const whole = toBase64(someBytes(3 * 1024 * 1024 - 1));
    const wrong = ['not base64!', 'AA', 'AAAA\n', 'AB==', 'AA==AAAA', `${whole}AAAA`, 'AA_-'];
    for (const [index, data] of wrong.entries()) await insert(`wrong-${index}`, data, 1);
    await insert('right', 'AAAA', 3);
    const report = await importLegacyBlobs({ client, table, blobs: memoryBlobStore() });
    expect(report.imported).toBe(1);
    expect(report.unreadable.map(({ integrity }) => integrity)).toEqual(wrong.map((_, index) => `wrong-${index}`));
  });

  it('goes through pages, on from a key, and reports its progress', async () => {
    await client.query(
      `INSERT INTO ${table} SELECT 'key-' || lpad(n::text, 4, '0'), encode(n::text::bytea, 'base64'), 1
       FROM generate_series(0, 249) n`,
    );
    const seen: string[] = [];
    const options = {
      client,
      table,
      blobs: memoryBlobStore(),
      onEvent: ({ kind }: { kind: string }) => seen.push(kind),
    };
    expect((await importLegacyBlobs(options)).imported).toBe(250);
    expect([seen[0], seen.at(-1)]).toEqual(['start', 'done']);
    expect((await importLegacyBlobs({ ...options, after: 'key-0239' })).alreadyThere).toBe(10);
  });

  it('ends with the errors of the table, of the store and of the signal', async () => {
    const blobs = memoryBlobStore({ maxBytes: 2 });
    await expect(importLegacyBlobs({ client, table: 'not_there', blobs })).rejects.toMatchObject({
      code: 'ERR_STORE_READ',
    });
    await insert('a', 'AAAA', 3);
    await expect(importLegacyBlobs({ client, table, blobs })).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(importLegacyBlobs({ client, table, blobs, signal })).rejects.toBe(reason);
  });

  it('refuses options that are wrong or unknown', async () => {
    const blobs = memoryBlobStore();
    for (const [argument, value] of [
      ['table', 'a; DROP TABLE b'],
      ['schema', '"'],
      ['tables', 'x'],
      ['client', {}],
    ] as const) {
      await expect(importLegacyBlobs({ client, blobs, [argument]: value })).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        argument,
      });
    }
    await expect(importLegacyBlobs({ client } as never)).rejects.toMatchObject({ argument: 'blobs' });
  });
});
