import { checkObject, checkOptions, operationKeys } from '../../../bytes/check-options.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { reported, type Report } from '../../../ports/report.ts';
import type { PostgresClient } from './client.ts';
import { Database, type Row } from './database.ts';
import { NotBase64, readLegacyRow, type LegacyTable } from './legacy-row.ts';
import { checkName } from './tables.ts';

/** From where, and to where. */
export interface ImportLegacyBlobsOptions extends OperationOptions {
  readonly client: PostgresClient;
  /** The schema of the table; `public` by default. */
  readonly schema?: string | undefined;
  /** The table; `script_package_blob_data` by default. */
  readonly table?: string | undefined;
  /** The store that the bytes go to. */
  readonly blobs: BlobStore;
  /** Starts behind this key: how an import goes on that was interrupted. Keys come in the order of the database. */
  readonly after?: string | undefined;
  /** Is told of each row whose bytes are in the store: what an index from old keys to digests is made of. */
  readonly onBlob?: ((blob: LegacyBlob) => void | Promise<void>) | undefined;
}

/** A row whose bytes are in the store. */
export interface LegacyBlob {
  /** Its old key. */
  readonly integrity: string;
  /** Its key from now on: the digest of its bytes. */
  readonly digest: Digest;
  readonly size: number;
  /** False where the store had these bytes. */
  readonly created: boolean;
  /** True where the old key names these bytes. It often named those of another archive with the same content. */
  readonly integrityMatches: boolean;
  /** True where the row says this size. */
  readonly sizeMatches: boolean;
}

/** What an import did. */
export interface LegacyImportReport {
  /** Rows whose bytes are new in the store. */
  readonly imported: number;
  /** Rows whose bytes the store had. */
  readonly alreadyThere: number;
  /** Bytes of all these rows. */
  readonly bytes: number;
  /** How many of these rows have a key that names other bytes, or another size. */
  readonly mismatched: { readonly integrity: number; readonly size: number };
  /** Rows that are not base64. They were left out. */
  readonly unreadable: readonly { readonly integrity: string; readonly reason: string }[];
}

/** What `importLegacyBlobs` does. */
export async function importLegacy(options: ImportLegacyBlobsOptions): Promise<LegacyImportReport> {
  const known = ['client', 'schema', 'table', 'blobs', 'after', 'onBlob', ...operationKeys];
  checkOptions('importLegacyBlobs', options, known);
  checkObject('blobs', options.blobs);
  const { client, schema = 'public', table = 'script_package_blob_data' } = options;
  const database = new Database({ client, schema });
  const from: LegacyTable = { database, name: `"${schema}"."${checkName('table', table, 63)}"` };
  return reported({ verb: 'copy', name: table }, options, (report) => new LegacyImport(from, options, report).run());
}

const pageRows = 100;

class LegacyImport {
  readonly #table: LegacyTable;
  readonly #options: ImportLegacyBlobsOptions;
  readonly #report: Report;
  readonly #unreadable: { integrity: string; reason: string }[] = [];
  readonly #mismatched = { integrity: 0, size: 0 };
  #imported = 0;
  #alreadyThere = 0;
  #bytes = 0;

  constructor(table: LegacyTable, options: ImportLegacyBlobsOptions, report: Report) {
    this.#table = table;
    this.#options = options;
    this.#report = report;
  }

  async run(): Promise<LegacyImportReport> {
    for (let { after } = this.#options, full = true; full;) {
      const rows = await this.#page(after);
      for (const row of rows) await this.#row(String(row.integrity), Number(row.size));
      after = String(rows.at(-1)?.integrity);
      full = rows.length === pageRows;
    }
    return {
      imported: this.#imported,
      alreadyThere: this.#alreadyThere,
      bytes: this.#bytes,
      mismatched: this.#mismatched,
      unreadable: this.#unreadable,
    };
  }

  async #page(after: string | undefined): Promise<readonly Row[]> {
    const { database, name } = this.#table;
    const { rows } = await database.runRaw({
      action: 'read',
      what: `table ${name}`,
      text: `SELECT integrity, size_bytes::text AS size FROM ${name}
        ${after === undefined ? '' : 'WHERE integrity > $1'} ORDER BY integrity LIMIT ${pageRows}`,
      values: after === undefined ? [] : [after],
      signal: this.#options.signal,
    });
    return rows;
  }

  async #row(integrity: string, expectedSize: number): Promise<void> {
    const { blobs, signal, onBlob } = this.#options;
    try {
      const { digest, size, integrityMatches, source } = await readLegacyRow(this.#table, integrity, signal);
      const { created } = await blobs.put(digest, source, this.#report.options);
      const sizeMatches = size === expectedSize;
      this.#count(size, created, { integrityMatches, sizeMatches });
      await onBlob?.({ integrity, digest, size, created, integrityMatches, sizeMatches });
    } catch (error) {
      if (!(error instanceof NotBase64)) throw error;
      this.#unreadable.push({ integrity, reason: error.message });
    }
  }

  #count(
    size: number,
    created: boolean,
    matches: { readonly integrityMatches: boolean; readonly sizeMatches: boolean },
  ): void {
    if (created) this.#imported += 1;
    else this.#alreadyThere += 1;
    if (!matches.integrityMatches) this.#mismatched.integrity += 1;
    if (!matches.sizeMatches) this.#mismatched.size += 1;
    this.#bytes += size;
    this.#report.progress(this.#bytes);
  }
}
