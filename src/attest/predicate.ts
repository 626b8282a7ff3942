import { invalid, type DocumentKind, type Reader } from './proto-json.ts';
import type { Statement } from './statement.ts';

/** Reads the predicate of a statement that must be of a type. */
export function readPredicate<T>(statement: Statement, name: string, type: string, read: Reader<T>): T {
  // The bytes were bounded when the statement was read.
  const document: DocumentKind = { name, code: 'ERR_STATEMENT_INVALID', maxBytes: 0 };
  if (statement.predicateType !== type) {
    throw invalid({ document, path: 'predicateType' }, `expected ${type}`);
  }
  return read(statement.predicate, { document, path: 'predicate' });
}
