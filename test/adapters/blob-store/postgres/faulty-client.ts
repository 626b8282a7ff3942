import type { PostgresClient } from '../../../../src/adapters/blob-store/postgres.ts';

/** What happens to a statement: it fails before it ran, or after, when its answer is lost. */
export type Fault = { readonly before: Error } | { readonly after: Error } | { readonly hang: true };

/** A client that goes through another one, and does to each statement what it is told. */
export interface FaultyClient extends PostgresClient {
  /** Every statement that was asked for, without its mark. */
  readonly statements: string[];
  /** The values of the statement that came last. */
  values: readonly unknown[];
  /** Says what happens to a statement, by its text and how many came before it. */
  fault: (text: string, index: number) => Fault | undefined;
}

/** A client without faults until it is told some. */
export function faultyClient(inner: PostgresClient): FaultyClient {
  const client: FaultyClient = {
    statements: [],
    values: [],
    fault: () => undefined,
    query: async (text, values) => {
      const bare = text.replace(/^\/\*.*?\*\/ /, '');
      const fault = client.fault(bare, client.statements.length);
      client.statements.push(bare);
      client.values = values;
      if (fault !== undefined && 'hang' in fault) return new Promise(() => undefined);
      if (fault !== undefined && 'before' in fault) throw fault.before;
      const answer = await inner.query(text, values);
      if (fault !== undefined) throw fault.after;
      return answer;
    },
  };
  return client;
}

/** An error as a driver throws it. */
export function postgresError(code: string, message = 'the server says so'): Error {
  return Object.assign(new Error(message), { code });
}

/** A fault for the first statement that a pattern fits, and none after. */
export function once(pattern: RegExp, fault: Fault): FaultyClient['fault'] {
  let used = false;
  return (text) => {
    if (used || !pattern.test(text)) return undefined;
    used = true;
    return fault;
  };
}

/** A fault for every statement that a pattern fits. */
export function always(pattern: RegExp, fault: Fault): FaultyClient['fault'] {
  return (text) => (pattern.test(text) ? fault : undefined);
}
