import { toBase64 } from '../../../bytes/encoding.ts';
import { UsageError } from '../../../errors.ts';
import { bytesOfBase64 } from './base64.ts';
import type { Answer, Statement } from './database.ts';
import { nameOf } from './layout.ts';
import type { Tables } from './tables.ts';

/** The part of a database that is needed to try its client. */
interface Client {
  readonly tables: Tables;
  runRaw(statement: Statement): Promise<Answer>;
}

/** Every byte that there is. Who sends them as a text cuts them at the first one, or changes the second half. */
const everyByte: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/**
 * Sees to it that a client sends bytes as they are, and gives columns by their names. Otherwise a put would succeed, and
 * only who reads the blob would find that it has other bytes.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where it does not; StoreError `ERR_STORE_READ`.
 */
export async function checkClient(database: Client): Promise<void> {
  const { rows } = await database.runRaw({
    action: 'read',
    what: nameOf(database),
    text: `SELECT encode($1::bytea, 'base64') AS text`,
    values: [everyByte.slice()],
  });
  if (toBase64(bytesOfBase64(rows[0]?.text)) === toBase64(everyByte)) return;
  throw new UsageError('ERR_INVALID_ARGUMENT', 'client sends bytes as something else', {
    argument: 'client',
    hint: 'send an Uint8Array as a bytea',
  });
}
