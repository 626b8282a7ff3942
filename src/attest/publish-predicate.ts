import { readPredicate } from './predicate.ts';
import { message, required, text } from './proto-json.ts';
import type { Statement } from './statement.ts';

/** The predicate type of what npm's registry signs when a package is published. */
export const publishType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1';

/** What npm's registry says that it published. */
export interface PublishPredicate {
  readonly name: string;
  readonly version: string;
  /** The URL of the registry. */
  readonly registry: string;
}

/**
 * Reads npm's publish attestation of version 0.1 from a statement.
 *
 * @throws FormatError `ERR_STATEMENT_INVALID` for another predicate type, and with the path of what is wrong.
 * @see https://github.com/npm/attestation/tree/main/specs/publish/v0.1
 */
export function parsePublishPredicate(statement: Statement): PublishPredicate {
  return readPredicate(statement, 'publish attestation', publishType, publish);
}

const publish = required(message({ name: required(text), version: required(text), registry: required(text) }, true));
