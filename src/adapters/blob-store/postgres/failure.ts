import { StoreError, type StoreErrorCode } from '../../../errors.ts';

/** What a failed statement was about. */
export interface StatementFacts {
  readonly action: 'read' | 'write';
  /** What was read or written, for the message: `blob sha256:…`. */
  readonly what: string;
  readonly digest?: string | undefined;
}

/** A statement that took longer than it may. */
export class StatementTimeout extends Error {
  readonly code = 'statement_timeout';
}

/** The code of Postgres (five characters), of the driver or of the socket; empty where there is none. */
export function codeOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as { readonly code?: unknown; readonly errno?: unknown };
  // Bun has a code of its own for all that Postgres says, and that of Postgres beside it.
  if (typeof errno === 'string' && /^[0-9A-Z]{5}$/.test(errno)) return errno;
  return typeof code === 'string' ? code.replace(/^ERR_POSTGRES_/, '') : '';
}

/**
 * What the server, the driver or the socket said, where a client throws an error of its own around that: drizzle does,
 * with all values in the message, and Neon over HTTP.
 */
export function saidIn(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; depth < 5 && codeOf(error) === ''; depth++) {
    const { cause, sourceError = cause } = (error ?? {}) as {
      readonly cause?: unknown;
      readonly sourceError?: unknown;
    };
    if (!(sourceError instanceof Error)) break;
    error = sourceError;
  }
  return error;
}

const lostConnection =
  /^(08...|57P0[1235]|CONNECTION_(CLOSED|ENDED|DESTROYED|REFUSED)|ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTCONN|UND_ERR_SOCKET)$/;

const neverSent = /^(57P03|ECONNREFUSED|CONNECTION_REFUSED)$/;

/** True where the same statement may succeed in a moment: lost races, and a server that goes or comes. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error);
  return /^(40001|40P01|53300)$/.test(code) || lostConnection.test(code) || isLostWithoutCode(error, code);
}

/** True where nobody knows what became of the statement. One that was never sent did nothing. */
export function isUnanswered(error: unknown): boolean {
  const code = codeOf(error);
  return (lostConnection.test(code) && !neverSent.test(code)) || isLostWithoutCode(error, code);
}

/**
 * How often a statement is tried where no connection was ever had: a server that starts is worth a second, one that is
 * not there is not worth more. undefined for errors that say nothing of it.
 */
export function attemptsWithoutServer(error: unknown): number | undefined {
  if (/REFUSED$/.test(codeOf(error))) return 3;
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return codeOf(error) === 'ETIMEDOUT' || /due to connection timeout/.test(String(message)) ? 1 : undefined;
}

/** Pg says so where a connection ends in the middle of a statement. */
function isLostWithoutCode(error: unknown, code: string): boolean {
  return (
    code === '' &&
    error instanceof Error &&
    /^Connection terminated|^Client has encountered a connection error/.test(error.message)
  );
}

/** The error to throw for what a client threw. Nothing of the statement's values is in it. */
export function statementFailure(thrown: unknown, store: string, facts: StatementFacts): StoreError {
  const { action, what, digest } = facts;
  const error = saidIn(thrown);
  const code = codeOf(error);
  const { why, hint, said = false, retryable = false, quota = false } = reasonOf(error, code);
  const errorCode: StoreErrorCode = quota
    ? 'ERR_STORE_QUOTA'
    : action === 'read'
      ? 'ERR_STORE_READ'
      : 'ERR_STORE_WRITE';
  return new StoreError(
    errorCode,
    `${what} cannot be ${action === 'read' ? 'read' : 'written'}: ${why}${said ? saidBy(error) : ''}`,
    {
      cause: withoutSecrets(error),
      store,
      hint,
      retryable: retryable || isTransient(error),
      ...(digest === undefined ? {} : { digest }),
      ...(code === '' ? {} : { details: { postgres: code } }),
    },
  );
}

interface Reason {
  readonly why: string;
  /** True where the message of the server or the socket names what it is about: a host, a user, a database. */
  readonly said?: boolean | undefined;
  readonly hint?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly quota?: boolean | undefined;
}

function reasonOf(error: unknown, code: string): Reason {
  const known = reasons.find(([pattern]) => pattern.test(code));
  if (known !== undefined) return known[1];
  const message = error instanceof Error ? error.message : String(error);
  if (/^SASL|password must be a string/.test(message)) return refused;
  if (/due to connection timeout/.test(message)) return unreachable;
  if (message === 'Query read timeout') return { ...tooLong, hint: 'raise the query_timeout of the client' };
  if (/timeout exceeded when trying to connect|pool.*(exhausted|full)/i.test(message)) return noConnection;
  return { why: code === '' ? redacted(message) || 'the client failed' : `${redacted(message)} (${code})` };
}

const noConnection: Reason = {
  why: 'no connection became free in time',
  hint: 'raise the number of connections of the pool, or do less at once',
  retryable: true,
};

const tooLong: Reason = { why: 'the statement took too long', hint: 'raise statementTimeout', retryable: true };

const refused: Reason = {
  why: 'the database refused the user or the password',
  said: true,
  hint: 'check the credentials of the client',
};

const unreachable: Reason = {
  why: 'the server of the database cannot be reached',
  said: true,
  hint: 'start it, or check the host and the port of the client',
  retryable: true,
};

const otherLayout: Reason = {
  why: 'the tables have another layout than this version of packwright makes',
  hint: 'use another schema or prefix',
};

/** By codes of Postgres (appendix A of its manual), and of drivers. */
const reasons: readonly (readonly [RegExp, Reason])[] = [
  [/^statement_timeout$/, tooLong],
  [
    /^57014$/,
    { why: 'the statement was cancelled', hint: 'raise the statement_timeout of the database', retryable: true },
  ],
  [/^55P03$/, { why: 'a lock was not granted in time', retryable: true }],
  [/^(53300|CONNECT_TIMEOUT)$/, noConnection],
  [
    /^(53100|53200|54...)$/,
    { why: 'the database is out of room', said: true, hint: 'give it room, or delete blobs', quota: true },
  ],
  [/^(42P01|3F000)$/, { why: 'the tables are not there', hint: 'call migratePostgresStore' }],
  [/^(42703|42P07|42P10|42804|42883)$/, otherLayout],
  [
    /^42501$/,
    { why: 'the user of the database may not do this', hint: 'grant the right on the schema and its tables' },
  ],
  [/^25006$/, { why: 'the database only reads', hint: 'connect to the primary server' }],
  [/^28/, refused],
  [/^3D000$/, { why: 'the database does not exist', said: true, hint: 'create it, or connect to another' }],
  [/^(ECONNREFUSED|CONNECTION_REFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/, unreachable],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    { why: 'the host of the database is not known', said: true, hint: 'check the host of the client' },
  ],
];

/** The error itself, or one without the user and password of an address, which that of a wrong one has beside it. */
function withoutSecrets(error: unknown): unknown {
  if (!(error instanceof Error)) return new Error(redacted(String(error)));
  const message = redacted(error.message);
  if (message === error.message && !('input' in error)) return error;
  return Object.assign(new Error(message), { name: error.name, code: codeOf(error) });
}

/** What the error itself says. Where a name has more than one address, each of them says it. */
function saidBy(error: unknown): string {
  const all = error instanceof AggregateError && error.errors.length > 0 ? (error.errors as unknown[]) : [error];
  const messages = all.map((one) => (one instanceof Error ? redacted(one.message) : '')).filter((text) => text !== '');
  return messages.length === 0 ? '' : `: ${messages.join(', ')}`;
}

function redacted(text: string): string {
  return text
    .replace(/\/\/.*@/g, '//')
    .replace(/(password=)('[^']*'|"[^"]*"|\S+)/gi, '$1…')
    .slice(0, 500);
}
