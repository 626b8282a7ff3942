/**
 * Puts blobs until it is killed: `put-worker PREFIX SEED`, the address of the server in DATABASE_URL. Says each
 * digest when it is in.
 */
import pg from 'pg';
import { postgresBlobStore } from '../../../src/adapters/blob-store/postgres.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { chunkedSource, someBytes } from '../../../src/testing/bytes.ts';

/** A function, for what bundles this for older runtimes knows no top-level await. */
async function putForever(prefix: string, seed: number): Promise<void> {
  const client = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
  const store = postgresBlobStore({ client, prefix });
  for (let round = 0; ; round++) {
    const bytes = someBytes(1_000_000 + ((round * 1_111_111) % 4_000_000), seed * 1000 + round);
    const digest = digestOf(bytes);
    await store.put(digest, chunkedSource(bytes, [400_000]));
    process.stdout.write(`${digest}\n`);
  }
}

void putForever(process.argv[2] ?? '', Number(process.argv[3]));
