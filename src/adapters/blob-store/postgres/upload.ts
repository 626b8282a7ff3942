import { randomId } from '../../../bytes/random-id.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { Database, Row, Statement } from './database.ts';
import { chunkBytes } from './pieces.ts';

/** An upload that is not there any more, or that somebody else goes on with, or rows of which a crash took. */
export class UploadLost extends Error {}

interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Rows on their way to a blob. Every change names the holder of the upload, and locks its row: who takes it over shuts
 * out whoever had it, also a statement of his that is still on its way.
 */
export class Upload {
  readonly id: string;
  readonly #database: Database;
  readonly #holder: string;
  /** What it is to be, where that is known: errors are about that. */
  readonly #blob: Digest | undefined;

  constructor(database: Database, id: string, holder: string, blob?: Digest) {
    this.#database = database;
    this.id = id;
    this.#holder = holder;
    this.#blob = blob;
  }

  /** A new, empty one, of a blob where that is known. */
  static async begin(database: Database, options: UploadOptions, blob?: Digest): Promise<Upload> {
    const upload = new Upload(database, randomId(), randomId(), blob);
    await upload.#run({
      text: `INSERT INTO ${database.tables.blobs} (id, holder) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`,
      values: [upload.id, upload.#holder],
      ...options,
    });
    return upload;
  }

  /** Makes this process the holder of an upload; undefined where there is none. */
  static async takeOver(database: Database, id: string, options: UploadOptions): Promise<Upload | undefined> {
    const upload = new Upload(database, id, randomId());
    const taken = await upload.#run({
      text: `UPDATE ${database.tables.blobs} SET holder = $2, modified = now()
        WHERE id = $1 AND digest IS NULL RETURNING id`,
      values: [id, upload.#holder],
      ...options,
    });
    return taken.length === 0 ? undefined : upload;
  }

  /** True where there is such an upload, whoever holds it. */
  static async exists(database: Database, id: string): Promise<boolean> {
    const { rows } = await database.run({
      action: 'read',
      what: `upload ${id}`,
      text: `SELECT id FROM ${database.tables.blobs} WHERE id = $1 AND digest IS NULL`,
      values: [id],
    });
    return rows.length > 0;
  }

  /** The bytes that are in. What a former holder was about to write is there by now, or never will be. */
  async length(options: UploadOptions): Promise<number> {
    const [row] = await this.#run({
      text: `SELECT coalesce(sum(octet_length(bytes)), 0)::text AS length
        FROM ${this.#database.tables.chunks} WHERE upload = $1`,
      values: [this.id],
      ...options,
    });
    return Number(row?.length);
  }

  /** Removes what lies behind an offset. */
  async cut(offset: number, options: UploadOptions): Promise<void> {
    const { chunks } = this.#database.tables;
    await this.#run({
      text: `WITH behind AS (DELETE FROM ${chunks} WHERE upload = $1 AND part >= $2::integer)
        UPDATE ${chunks} SET bytes = substring(bytes from 1 for $4::integer)
        WHERE upload = $1 AND part < $2::integer AND part = $3::integer AND octet_length(bytes) > $4::integer`,
      values: [this.id, Math.ceil(offset / chunkBytes), Math.floor(offset / chunkBytes), offset % chunkBytes],
      ...options,
    });
  }

  /** True while this is who holds the upload. */
  async isHeld(options: UploadOptions): Promise<boolean> {
    const rows = await this.#run({
      text: `SELECT id FROM ${this.#database.tables.blobs} WHERE id = $1 AND holder = $2 AND digest IS NULL`,
      values: [this.id, this.#holder],
      ...options,
    });
    return rows.length > 0;
  }

  /**
   * Writes bytes at an offset; what lies before it in the same row stays. Doing it twice is doing it once.
   *
   * Without `flush` the database need not wait for its disk: publishing waits for all that came before, and sees to
   * it that a crash took nothing.
   */
  async write(offset: number, bytes: Uint8Array, options: UploadOptions & { readonly flush: boolean }): Promise<void> {
    const { blobs, chunks } = this.#database.tables;
    const kept = offset % chunkBytes;
    const rows = await this.#run({
      text: `WITH held AS (
          UPDATE ${blobs} SET modified = now() WHERE id = $1 AND holder = $2 AND digest IS NULL
            AND ($3::integer = 0 OR EXISTS (SELECT FROM ${chunks} WHERE upload = $1 AND part = $3::integer - 1))
            ${options.flush ? '' : `AND set_config('synchronous_commit', 'off', true) = 'off'`}
          RETURNING id
        )
        INSERT INTO ${chunks} AS c (upload, part, bytes) SELECT id, $3::integer, $4::bytea FROM held
        ON CONFLICT (upload, part) DO UPDATE
          SET bytes = ${kept === 0 ? '' : `substring(c.bytes from 1 for ${kept}) ||`} excluded.bytes
        RETURNING upload`,
      values: [this.id, this.#holder, Math.floor(offset / chunkBytes), bytes],
      signal: options.signal,
    });
    if (rows.length === 0)
      throw new UploadLost(`upload ${this.id} is gone, rows of it are, or another process holds it`);
  }

  /**
   * Makes the bytes a blob, or forgets them where there is one: by one statement, which does nothing where rows are
   * missing.
   */
  async publish(digest: Digest, size: number, options: UploadOptions): Promise<{ readonly created: boolean }> {
    const { blobs, chunks } = this.#database.tables;
    const values = [this.id, this.#holder, digest, size];
    const rows = await this.#run({
      // Two who publish the same at once: one of them waits for the other, fails with 23505, and finds the blob then.
      retryOn: '23505',
      decisive: true,
      ...options,
      text: `WITH found AS (
          UPDATE ${blobs} SET modified = now() WHERE digest = $3 RETURNING id
        ), made AS (
          UPDATE ${blobs} SET digest = $3, size = $4::bigint, holder = NULL, modified = now()
          WHERE id = $1 AND holder = $2 AND digest IS NULL AND NOT EXISTS (SELECT FROM found)
            AND (SELECT coalesce(sum(octet_length(bytes)), 0) FROM ${chunks} WHERE upload = $1) = $4::bigint
          RETURNING id
        ), forgotten AS (
          DELETE FROM ${blobs} WHERE id = $1 AND holder = $2 AND digest IS NULL AND EXISTS (SELECT FROM found)
        )
        SELECT id FROM found UNION ALL SELECT id FROM made`,
      values,
    });
    if (rows[0] === undefined) throw new UploadLost(`upload ${this.id} is gone, or rows of it are`);
    return { created: rows[0].id === this.id };
  }

  /** Removes the rows. Where that fails, the sweep does it later. */
  async forget(options: { readonly attempts?: number } = {}): Promise<void> {
    await this.#run({
      text: `DELETE FROM ${this.#database.tables.blobs} WHERE id = $1 AND holder = $2 AND digest IS NULL`,
      values: [this.id, this.#holder],
      ...options,
    });
  }

  async #run(statement: Omit<Statement, 'action' | 'what'>): Promise<readonly Row[]> {
    const blob = this.#blob;
    const facts = blob === undefined ? { what: `upload ${this.id}` } : { what: `blob ${blob}`, digest: blob };
    const { rows } = await this.#database.run({ ...statement, ...facts, action: 'write' });
    return rows;
  }
}
