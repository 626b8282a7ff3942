import pg from 'pg';
import postgres from 'postgres';
import type { PostgresClient, PostgresTransaction } from '../../../src/adapters/blob-store/postgres.ts';

/** A client of a server, and how to let it go. */
export interface OpenClient {
  readonly client: PostgresClient;
  /** Where puts of large blobs are to be transactions. */
  readonly transaction?: PostgresTransaction | undefined;
  close(): Promise<void>;
}

/** Connections that a store uses at once at most. */
const connections = 8;

function pool(connectionString: string, more: pg.PoolConfig = {}): pg.Pool {
  const opened = new pg.Pool({ connectionString, max: connections, ...more });
  // Connections that wait in the pool end with the server.
  return opened.on('error', () => undefined);
}

/** A transaction over a connection of a pool. */
export function transactionOver(client: pg.Pool): PostgresTransaction {
  // The listener of the pool is for connections that wait in it.
  client.on('connect', (connection) => connection.on('error', () => undefined));
  return async (run) => {
    const connection = await client.connect();
    try {
      await connection.query('BEGIN');
      const made = await run(connection);
      await connection.query('COMMIT');
      return made;
    } catch (error) {
      await connection.query('ROLLBACK');
      throw error;
    } finally {
      connection.release();
    }
  };
}

/** The clients that people use, as the documentation shows them. */
export const clients: Readonly<Record<string, (url: string) => OpenClient>> = {
  pg: (url) => {
    const client = pool(url);
    return { client, close: () => client.end() };
  },
  'pg, large puts in a transaction': (url) => {
    const client = pool(url);
    return { client, transaction: transactionOver(client), close: () => client.end() };
  },
  // As a driver over HTTP does it.
  'pg, a connection for each statement': (url) => {
    const client = pool(url, { maxUses: 1 });
    return { client, close: () => client.end() };
  },
  'postgres.js': (url) => {
    const sql = postgres(url, { max: connections, onnotice: () => undefined });
    return {
      client: { query: async (text, values) => ({ rows: await sql.unsafe(text, values as never[]) }) },
      close: () => sql.end({ timeout: 1 }),
    };
  },
};
