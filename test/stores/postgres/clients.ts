import pg from 'pg';
import postgres from 'postgres';
import type { PostgresClient } from '../../../src/adapters/blob-store/postgres.ts';

/** A client of a server, and how to let it go. */
export interface OpenClient {
  readonly client: PostgresClient;
  close(): Promise<void>;
}

/** Connections that a store uses at once at most. */
const connections = 8;

/** The clients that people use, as the documentation shows them. */
export const clients: Readonly<Record<string, (url: string) => OpenClient>> = {
  pg: (connectionString) => {
    const client = new pg.Pool({ connectionString, max: connections });
    // Connections that wait in the pool end with the server.
    client.on('error', () => undefined);
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
