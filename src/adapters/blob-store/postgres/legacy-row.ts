import { fromBase64 } from '../../../bytes/encoding.ts';
import { UnreadableBlob } from '../shared/legacy-content.ts';
import type { Database, Row } from './database.ts';

/** A table of base64 texts by integrity. */
export interface LegacyTable {
  readonly database: Database;
  /** The quoted name. */
  readonly name: string;
}

/** Characters that are asked for at once: 3 MiB of bytes. A multiple of 4, so that each part decodes by itself. */
const part = 4 * 1024 * 1024;

/** The bytes of a row, part by part. Throws {@link UnreadableBlob}. */
export async function* decodedParts(
  { database, name }: LegacyTable,
  integrity: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let text = '';
  for (let from = 1; from === 1 || text.length === part; from += part) {
    // Padding ends a text: where more follows, it was two.
    const padded = text.endsWith('=');
    const { rows } = await database.runRaw({
      action: 'read',
      what: `row ${JSON.stringify(integrity.slice(0, 200))}`,
      text: `SELECT substring(data from $2::integer for ${part}) AS text FROM ${name} WHERE integrity = $1`,
      values: [integrity, from],
      signal,
    });
    text = textOf(rows[0]);
    const bytes = fromBase64(text);
    if (bytes === undefined || (padded && text !== '')) throw new UnreadableBlob('its data is not base64');
    if (bytes.length > 0) yield bytes;
  }
}

function textOf(row: Row | undefined): string {
  if (typeof row?.text !== 'string') throw new UnreadableBlob('it is gone');
  return row.text;
}
