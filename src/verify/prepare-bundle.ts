import type { Bundle } from '../attest/bundle.ts';
import { parseStatement, type Statement } from '../attest/statement.ts';
import { algorithmOf, type DigestAlgorithm } from '../digest/digest-name.ts';
import { FormatError, isPackError, VerificationError, type PackError } from '../errors.ts';
import type { WantedContent } from './artifact.ts';
import { parseCertificate, type Certificate } from './certificate/certificate.ts';
import type { Policy } from './policy.ts';
import { certifiedKey, formsOf, keysForHint, type SigningKey } from './signing-key.ts';

/** A bundle whose parts were read, so that it is known what its signature is over. Nothing in it is proven. */
export interface PreparedBundle {
  readonly bundle: Bundle;
  /** Leaf first; none where the bundle names a key. */
  readonly certificates: readonly Certificate[];
  /** What the signature may be by. Several where the policy names several keys. */
  readonly keys: readonly SigningKey[];
  readonly statement: Statement | undefined;
}

/** A bundle that could be read, or why not. */
export type Preparation = PreparedBundle | { readonly bundle: Bundle; readonly problem: PackError };

/** Reads the parts of a bundle. */
export function prepareBundle(bundle: Bundle, keys: readonly SigningKey[]): Preparation {
  try {
    const { material } = bundle;
    const certificates = material.kind === 'key' ? [] : material.certificates.map((der) => parseCertificate(der));
    const [leaf] = certificates;
    return {
      bundle,
      certificates,
      keys: leaf !== undefined ? [certifiedKey(leaf)] : material.kind === 'key' ? keysForHint(keys, material.hint) : [],
      statement: statementOf(bundle),
    };
  } catch (problem) {
    if (!isPackError(problem)) throw problem;
    return { bundle, problem };
  }
}

const inTotoTypes = /^application\/vnd\.in-toto(\.[a-z0-9._-]{1,80})?\+json$/;

function statementOf({ content }: Bundle): Statement | undefined {
  if (content.kind === 'message') return undefined;
  const { payload, payloadType, signatures } = content.envelope;
  if (signatures.length !== 1) {
    throw new FormatError('ERR_ENVELOPE_INVALID', `envelope has ${signatures.length} signatures, expected 1`);
  }
  if (inTotoTypes.test(payloadType)) return parseStatement(payload);
  throw new VerificationError(
    'ERR_PREDICATE_MISMATCH',
    `envelope holds ${JSON.stringify(payloadType.slice(0, 80))}, expected an in-toto statement`,
  );
}

/** What has to be known of an artifact to judge these bundles. */
export function wantedContent(bundles: readonly Preparation[], { digests = [] }: Policy): WantedContent {
  const algorithms = new Set(digests.map(algorithmOf));
  let bytes = false;
  for (const prepared of bundles) {
    if ('problem' in prepared) continue;
    for (const algorithm of algorithmsOf(prepared)) algorithms.add(algorithm);
    bytes ||= prepared.statement === undefined && prepared.keys.some(({ key }) => key.scheme === 'Ed25519');
  }
  return { algorithms: algorithms.size === 0 ? new Set(['sha256']) : algorithms, bytes };
}

function algorithmsOf({ bundle, keys, statement }: PreparedBundle): readonly DigestAlgorithm[] {
  if (statement !== undefined) return statement.subjects.flatMap(({ digests }) => digests.map(algorithmOf));
  const { content } = bundle;
  const hint = content.kind === 'message' ? content.digest : undefined;
  return [
    ...keys.flatMap((key) => formsOf(key, content)).map(({ hash }) => hash),
    ...(hint === undefined ? [] : [algorithmOf(hint)]),
  ];
}
