/**
 * The part of a Postgres client that the stores need. A `Pool` of pg and a `PGlite` fit as they are; others are
 * wrapped in one line.
 *
 * Each call may go over another connection. What is asked for must be its own transaction: a client in the middle of a
 * transaction of its owner does not fit. An `Uint8Array` is sent as a bytea; none comes back, for every answer is texts,
 * so that parsers of the client for other types change nothing. Before the first operation a store tries whether bytes
 * arrive as they are.
 *
 * @example
 * ```ts
 * // pg and PGlite. A pool of pg wants a listener, else a server that restarts ends the process.
 * const pool = new Pool({ connectionString }).on('error', () => undefined);
 * postgresBlobStore({ client: pool });
 * // postgres.js
 * postgresBlobStore({ client: { query: async (text, values) => ({ rows: await sql.unsafe(text, values as never[]) }) } });
 * // Bun. A statement is never sent twice, so there is no use in preparing it.
 * const sql = new SQL({ url, prepare: false });
 * postgresBlobStore({ client: { query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) } });
 * // Neon over HTTP
 * postgresBlobStore({ client: { query: (text, values) => sql.query(text, values, { fullResults: true }) } });
 * ```
 */
export interface PostgresClient {
  /** Runs one statement with its values (`$1`, `$2`, …) and gives the rows as objects by column name. */
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** Which database, and which tables in it. */
export interface PostgresStoreOptions {
  readonly client: PostgresClient;
  /** The schema of the tables; `public` by default. Made with them when it is not there. */
  readonly schema?: string | undefined;
  /** What the names of the tables start with, so that several stores share a schema; `packwright_` by default. */
  readonly prefix?: string | undefined;
  /**
   * Makes the tables with the first operation where they are not there; true by default. Where false, they are made by
   * `migratePostgresStore`, or by your own tool from `postgresStoreMigrations`.
   */
  readonly migrate?: boolean | undefined;
  /**
   * How long one statement may take, in milliseconds, with the wait for a connection; 120,000 by default. An operation
   * on a large blob is many statements. What takes longer is cancelled where the client has a second connection.
   */
  readonly statementTimeout?: number | undefined;
}

/**
 * Runs a function in one transaction: over one connection, which the client given to it stands for. Commits when its
 * promise resolves, rolls back when it rejects, and gives what it gives. Runs it once: the store tries again by itself.
 *
 * @example
 * ```ts
 * // PGlite, postgres.js
 * const ofPGlite: PostgresTransaction = (run) => db.transaction(run);
 * const ofPostgresJs: PostgresTransaction = (run) =>
 *   sql.begin((tx) => run({ query: async (text, values) => ({ rows: await tx.unsafe(text, values as never[]) }) }));
 * // A pool of pg. A connection that is taken out of it wants a listener, too, else a server that restarts ends the process.
 * pool.on('connect', (connection) => connection.on('error', () => undefined));
 * const ofPool: PostgresTransaction = async (run) => {
 *   const connection = await pool.connect();
 *   try {
 *     await connection.query('BEGIN');
 *     const made = await run(connection);
 *     await connection.query('COMMIT');
 *     return made;
 *   } catch (error) {
 *     await connection.query('ROLLBACK');
 *     throw error;
 *   } finally {
 *     connection.release();
 *   }
 * };
 * ```
 */
export type PostgresTransaction = <T>(run: (client: PostgresClient) => Promise<T>) => Promise<T>;
