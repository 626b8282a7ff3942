import { checkCount, checkObject } from '../../../bytes/check-options.ts';
import { randomId } from '../../../bytes/random-id.ts';
import { pause } from '../../../bytes/pause.ts';
import { UsageError } from '../../../errors.ts';
import { checkClient } from './check-client.ts';
import type { PostgresClient, PostgresStoreOptions } from './client.ts';
import {
  attemptsWithoutServer,
  codeOf,
  isTransient,
  isUnanswered,
  saidIn,
  statementFailure,
  type StatementFacts,
} from './failure.ts';
import { inTime } from './in-time.ts';
import { prepareLayout } from './layout.ts';
import { tablesIn, type Tables } from './tables.ts';

/** A row, by the names of its columns. What a value is depends on the driver. */
export type Row = Readonly<Record<string, unknown>>;

/** A statement, and what it is for. */
export interface Statement extends StatementFacts {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly signal?: AbortSignal | undefined;
  /**
   * How often it is tried at most, where the server or the connection goes away; 6 by default, and 3 for a server that
   * was never there.
   */
  readonly attempts?: number | undefined;
  /** A code of Postgres after which it is tried again, besides those that always pass. */
  readonly retryOn?: string | undefined;
  /** True where an abort must not leave it open what became of it, if that can be had in a second. */
  readonly decisive?: boolean | undefined;
}

/** The rows of a statement. */
export interface Answer {
  readonly rows: readonly Row[];
  /** True where a former attempt ended without an answer: it may have done its work. */
  readonly again: boolean;
}

/** The options that every store takes. */
export const storeKeys: readonly string[] = ['client', 'schema', 'prefix', 'migrate', 'statementTimeout'];

/** Runs statements: one at a time in its own transaction, again where that helps, and never longer than they may. */
export class Database {
  readonly id: string;
  readonly tables: Tables;
  readonly #options: PostgresStoreOptions;
  readonly #timeout: number;
  #ready: Promise<void> | undefined;
  #attempts = 6;
  /** True when a statement has had an answer: a server that is gone then is one that restarts. */
  #reached = false;
  /** Over another connection than the one that may be busy, where there are more. */
  #canceller: PostgresClient;

  constructor(options: PostgresStoreOptions) {
    checkObject('client', options.client);
    if (typeof options.client.query !== 'function') throw notAClient('has no function query');
    this.#options = options;
    this.#canceller = options.client;
    // What a timer can wait for at most.
    this.#timeout = Math.min(checkCount('statementTimeout', options.statementTimeout, 120_000), 2 ** 31 - 1);
    this.tables = tablesIn(options.schema, options.prefix);
    this.id = `postgres:${this.tables.schema}.${this.tables.prefix}`;
  }

  /** The same tables over a connection in a transaction: where a statement failed there, none can follow. */
  over(client: PostgresClient): Database {
    const database = new Database({ ...this.#options, client });
    database.#ready = Promise.resolve();
    database.#attempts = 1;
    database.#canceller = this.#canceller;
    return database;
  }

  /** Runs a statement on tables of the store, which are made where they are missing and may be made. */
  async run(statement: Statement): Promise<Answer> {
    statement.signal?.throwIfAborted();
    await this.ready(statement.signal);
    return this.runRaw(statement);
  }

  /** Looks at the client and the tables, once. */
  async ready(signal?: AbortSignal, migrate: boolean = this.#options.migrate ?? true): Promise<void> {
    // It is for all who wait: the signal of one of them must not end it.
    this.#ready ??= this.#prepare(migrate).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    await inTime(this.#ready, { signal });
  }

  async #prepare(migrate: boolean): Promise<void> {
    await checkClient(this);
    await prepareLayout(this, migrate);
  }

  /** Runs a statement, whatever the tables are. */
  async runRaw(statement: Statement): Promise<Answer> {
    const { signal, attempts = this.#attempts, retryOn } = statement;
    for (let attempt = 1, again = false; ; attempt++) {
      try {
        return { rows: await this.#once(statement), again };
      } catch (thrown) {
        signal?.throwIfAborted();
        if (thrown instanceof UsageError) throw thrown;
        const error = saidIn(thrown);
        const helps = isTransient(error) || (retryOn !== undefined && codeOf(error) === retryOn);
        const most = this.#reached ? attempts : (attemptsWithoutServer(error) ?? attempts);
        if (attempt >= Math.min(attempts, most) || !helps) throw statementFailure(error, this.id, statement);
        again ||= isUnanswered(error);
      }
      // Full jitter: those who failed together do not come back together. A server is back in some seconds.
      await pause(Math.random() * Math.min(4000, 200 * 2 ** attempt), signal);
    }
  }

  async #once({ text, values, signal, decisive }: Statement): Promise<readonly Row[]> {
    signal?.throwIfAborted();
    const mark = `/* packwright ${randomId(8)} */`;
    const answer = query(this.#options.client, `${mark} ${text}`, [...values]);
    const onLeave = (): void => this.#cancel(mark);
    const { rows } = await inTime(answer, {
      signal,
      timeout: this.#timeout,
      grace: decisive === true ? 1000 : 0,
      onLeave,
    });
    if (!Array.isArray(rows)) throw notAClient('does not answer with { rows }');
    this.#reached = true;
    return rows as readonly Row[];
  }

  /** Ends a statement on the server that nobody waits for any more. With one connection only, it ends by itself. */
  #cancel(mark: string): void {
    const text = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
      WHERE usename = current_user AND state = 'active' AND query LIKE $1 AND pid <> pg_backend_pid()`;
    query(this.#canceller, text, [`${mark}%`]).catch(() => undefined);
  }
}

/** What a client throws before it gives a promise is an error of the promise, too. */
async function query(
  client: PostgresClient,
  text: string,
  values: unknown[],
): Promise<{ readonly rows: readonly unknown[] }> {
  return client.query(text, values);
}

function notAClient(why: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `client ${why}`, {
    argument: 'client',
    hint: 'wrap it: { query: async (text, values) => ({ rows: await sql.unsafe(text, values) }) }',
  });
}
