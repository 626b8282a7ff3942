import type { JsonValue } from '../bytes/json.ts';
import { isDigest, isDigestAlgorithm, type Digest } from '../digest/digest-name.ts';
import {
  inside,
  invalid,
  list,
  message,
  object,
  oneOf,
  readDocument,
  required,
  text,
  type DocumentKind,
  type Place,
  type Reader,
} from './proto-json.ts';

/** The payload type of an envelope that holds a statement. */
export const statementPayloadType = 'application/vnd.in-toto+json';

/** Versions of the in-toto statement. */
export type StatementVersion = '0.1' | '1';

/** An in-toto statement: says something, its predicate, of its subjects. */
export interface Statement {
  readonly version: StatementVersion;
  /** At least one. */
  readonly subjects: readonly StatementSubject[];
  /** A URI, compared to the letter. */
  readonly predicateType: string;
  /** What is said, in the form of its type. */
  readonly predicate: StatementPredicate | undefined;
}

/** The predicate of a statement: an object of JSON. */
export type StatementPredicate = Readonly<Record<string, JsonValue>>;

/** One thing that a statement is about. */
export interface StatementSubject {
  /** Empty where it has none. A name proves nothing. */
  readonly name: string;
  /** What an artifact is compared with. May be empty: then nothing is this subject. */
  readonly digests: readonly Digest[];
  /** Digests that nothing may be compared with, by algorithm: weak ones (`sha1`, `gitCommit`), and unknown ones. */
  readonly weakDigests: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, JsonValue>>;
}

const statementDocument: DocumentKind = {
  name: 'statement',
  code: 'ERR_STATEMENT_INVALID',
  maxBytes: 16 * 1024 * 1024,
};
const maxSubjects = 10_000;

/**
 * Reads an in-toto statement of version 0.1 or 1, the payload of an envelope.
 *
 * A statement without subjects, a subject without a digest, and a digest by `sha256`, `sha384` or `sha512` that is not
 * lower-case hexadecimal of the right length are refused, as readers do not agree on what they match. Members that are
 * not known are ignored, as in-toto demands. At most 16 MiB and 10,000 subjects.
 *
 * @throws FormatError `ERR_STATEMENT_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 * @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md
 */
export function parseStatement(payload: Uint8Array | string): Statement {
  return readDocument(statementDocument, payload, statement);
}

const subjectMessage = required(message({ name: text, digest: required(object), annotations: object }, true));

const subject: Reader<StatementSubject> = (value, place) => {
  const { name, digest, annotations = {} } = subjectMessage(value, place);
  return { name, ...digestsOf(digest, inside(place, 'digest')), annotations };
};

/** A set of digests by algorithm, parted into those that say which bytes are meant and those that do not. */
function digestsOf(
  set: Readonly<Record<string, JsonValue>>,
  place: Place,
): Pick<StatementSubject, 'digests' | 'weakDigests'> {
  const digests: Digest[] = [];
  const weakDigests: Record<string, string> = {};
  for (const [algorithm, value] of Object.entries(set)) {
    const at = inside(place, algorithm);
    const hex = required(text)(value, at);
    const digest = `${algorithm}:${hex}`;
    if (isDigest(digest)) digests.push(digest);
    else if (isDigestAlgorithm(algorithm)) throw invalid(at, 'expected lower-case hexadecimal of the right length');
    else weakDigests[algorithm] = hex;
  }
  if (Object.keys(set).length === 0) throw invalid(place, 'is empty');
  return { digests, weakDigests };
}

const statementMessage = required(
  message(
    {
      _type: oneOf('https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1'),
      subject: required(list(subject, maxSubjects)),
      predicateType: required(text),
      predicate: object,
    },
    true,
  ),
);

const statement: Reader<Statement> = (value, place) => {
  const { _type: type, subject: subjects, predicateType, predicate } = statementMessage(value, place);
  return { version: type.endsWith('/v1') ? '1' : '0.1', subjects, predicateType, predicate };
};
