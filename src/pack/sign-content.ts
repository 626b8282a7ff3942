import { maxBundleBytes } from '../attest/parse-bundle.ts';
import { predicateTypeOf, signaturePredicateType } from '../attest/predicate-types.ts';
import { statementPayloadType } from '../attest/statement.ts';
import { canonicalJson } from '../bytes/canonical-json.ts';
import { utf8 } from '../bytes/encoding.ts';
import { algorithmOf, digestOf, hexOf } from '../digest/digest.ts';
import { FormatError, UsageError } from '../errors.ts';
import type { LoadedManifest } from './load-manifest.ts';
import type { Attestation } from './sign-options.ts';

/** What is said of every manifest that is signed. */
export interface Said {
  readonly verb: 'sign' | 'attest';
  readonly predicateType: string;
  readonly predicate: object;
  /** Signed along with the digest. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What a signature says: nothing but that somebody signed. */
export function saidBySignature(annotations?: Readonly<Record<string, string>>): Said {
  return { verb: 'sign', predicateType: signaturePredicateType, predicate: {}, annotations };
}

/**
 * What an attestation says.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a type that is none, and a predicate that is no object of JSON.
 */
export function saidByAttestation(attestation: Attestation): Said {
  const { predicate } = attestation;
  const predicateType = predicateTypeOf(attestation.predicateType);
  if (typeof (predicate as unknown) !== 'object' || (predicate as unknown) === null || Array.isArray(predicate)) {
    throw notJson();
  }
  try {
    canonicalJson(predicate);
  } catch (cause) {
    throw notJson(cause);
  }
  return { verb: 'attest', predicateType, predicate };
}

function notJson(cause?: unknown): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'predicate is not an object that JSON can say', {
    cause,
    argument: 'predicate',
  });
}

/**
 * The statement about a manifest, as bytes: the same of the same. The subject is its sha256, which every client looks
 * for, whatever the digest is that names it.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more than 11.25 MiB.
 * @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md
 */
export function statementBytes(
  { descriptor, bytes }: Pick<LoadedManifest, 'descriptor' | 'bytes'>,
  { predicateType, predicate, annotations = {} }: Said,
): Uint8Array<ArrayBuffer> {
  const { digest } = descriptor;
  const named = { [algorithmOf(digest)]: hexOf(digest), sha256: hexOf(digestOf(bytes)) };
  const noted = Object.keys(annotations).length === 0 ? {} : { annotations };
  const statement = canonicalJson({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: named, ...noted }],
    predicateType,
    predicate,
  });
  if (statement.length > maxStatementBytes) throw tooLarge(statement.length);
  return statement;
}

/** What a bundle that can be read holds in base64, beside certificates, log entries and timestamps. */
const maxStatementBytes = ((maxBundleBytes - 1024 * 1024) / 4) * 3;

function tooLarge(size: number): FormatError {
  const limit = maxStatementBytes;
  return new FormatError('ERR_LIMIT_EXCEEDED', `statement has ${size} bytes, and a bundle holds ${limit} at most`, {
    details: { limit, size },
    hint: 'attach what is large by itself, and state its digest',
  });
}

/** The type of an envelope around a statement. */
export const payloadType: string = statementPayloadType;

/**
 * The payload that cosign 2 signs in place of a manifest, byte for byte as it writes it: members in its order,
 * annotations sorted, and what HTML gives a meaning escaped, as Go does.
 *
 * @param repository - What the manifest was signed as. Nobody compares it.
 */
export function simpleSigningBytes(
  { bytes }: Pick<LoadedManifest, 'bytes'>,
  repository: string,
  { annotations = {} }: Said,
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(annotations);
  const document = {
    critical: {
      identity: { 'docker-reference': repository },
      image: { 'docker-manifest-digest': digestOf(bytes) },
      type: 'cosign container image signature',
    },
    optional: null,
  };
  const text = JSON.stringify(document);
  if (names.length === 0) return utf8(text);
  const optional = new TextDecoder().decode(canonicalJson(annotations)).replace(/[<>&\u2028\u2029]/g, escaped);
  return utf8(text.replace(/null\}$/, () => `${optional}}`));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
