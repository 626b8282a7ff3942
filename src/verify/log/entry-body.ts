import type { LogEntry } from '../../attest/bundle.ts';
import { fromHex, toHex } from '../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { digestSizes, isDigestAlgorithm, type Digest, type DigestAlgorithm } from '../../digest/digest-name.ts';
import { keyDetailsOf } from '../crypto/key-details.ts';
import type { SigningMaterial } from '../signed-content.ts';
import { bodyError, bytesAt, itemsAt, pemAt, textAt, valueAt } from './body-value.ts';
import { entryError } from './log-error.ts';

/** What a log entry says that was signed, by which signatures and keys. */
export interface EntryBody {
  /** Rekor v2 makes no promises, and knows no time. */
  readonly generation: 1 | 2;
  readonly over: Covered;
  readonly digest: Digest;
  readonly signatures: readonly EntrySignature[];
}

/**
 * What the digest is of: a message, or an envelope's encoding that is signed (PAE); the payload of an envelope; an
 * envelope as it was sent.
 */
export type Covered = 'message' | 'payload' | 'envelope';

/** A signature with the key that the log checked it with; intoto 0.0.1 has the key alone. */
export interface EntrySignature {
  readonly signature: Uint8Array<ArrayBuffer> | undefined;
  readonly verifier: SigningMaterial;
  /** The hash that the key's details say, where the entry says details. */
  readonly hash?: DigestAlgorithm | undefined;
}

/** Where things are in the body of a kind: each signature in a list, or the only one in the body itself. */
type Places = readonly [
  generation: 1 | 2,
  over: Covered,
  digest: string,
  verifier: string,
  signature?: string,
  list?: string,
];

/** The one place that holds base64 of base64. */
const twiceEncoded = 'sig';
const v2 = 'hashedRekordV002.';

/** By kind and version, with a space between, which no member of every object has. */
const kinds: Readonly<Record<string, Places>> = {
  'hashedrekord 0.0.1': [1, 'message', 'data.hash', 'signature.publicKey.content', 'signature.content'],
  'dsse 0.0.1': [1, 'payload', 'payloadHash', 'verifier', 'signature', 'signatures'],
  'intoto 0.0.1': [1, 'envelope', 'content.hash', 'publicKey'],
  'intoto 0.0.2': [1, 'payload', 'content.payloadHash', 'publicKey', twiceEncoded, 'content.envelope.signatures'],
  'hashedrekord 0.0.2': [2, 'message', `${v2}data`, `${v2}signature.verifier`, `${v2}signature.content`],
  // What Rekor v2 had until June 2026.
  'dsse 0.0.2': [2, 'payload', 'dsseV002.payloadHash', 'verifier', 'content', 'dsseV002.signatures'],
};

/**
 * Reads the body of an entry, which must be of the kind and version that the entry says.
 *
 * @throws VerificationError `ERR_LOG_ENTRY_INVALID`.
 */
export function parseEntryBody({ kind, version, body }: Pick<LogEntry, 'kind' | 'version' | 'body'>): EntryBody {
  const name = `${kind} ${version}`;
  const places = kinds[name];
  if (places === undefined) throw entryError(`is of the kind ${quoted(name)}, which is not supported`);
  const value = parseBody(body);
  const found = `${textAt(value, 'kind')} ${textAt(value, 'apiVersion')}`;
  if (found !== name) throw entryError(`is said to be ${name}, its body says ${quoted(found)}`);
  const spec = valueAt(value, 'spec');
  const [generation, over, digest, verifier, signature, list] = places;
  const items = list === undefined ? [spec] : itemsAt(spec, list);
  return {
    generation,
    over,
    digest: generation === 1 ? hexDigestAt(spec, digest) : digestAt(spec, digest),
    signatures: items.map((item) => ({
      signature: signature === undefined ? undefined : bytesAt(item, signature, signature === twiceEncoded),
      ...(generation === 1 ? { verifier: pemAt(item, verifier) } : verifierAt(item, verifier)),
    })),
  };
}

function parseBody(body: Uint8Array): JsonValue {
  try {
    return parseJson(body);
  } catch (cause) {
    throw entryError('body is no JSON', cause);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** `{ "algorithm": "sha256", "value": "<hex>" }`, as Rekor v1 writes. */
function hexDigestAt(value: JsonValue, path: string): Digest {
  return digestOf(textAt(value, `${path}.algorithm`), fromHex(textAt(value, `${path}.value`)), path);
}

/** `{ "algorithm": "SHA2_256", "digest": "<base64>" }`, as Rekor v2 writes. */
function digestAt(value: JsonValue, path: string): Digest {
  const [, bits = ''] = /^SHA2_(\d+)$/.exec(textAt(value, `${path}.algorithm`)) ?? [];
  return digestOf(`sha${bits}`, bytesAt(value, `${path}.digest`), path);
}

function digestOf(algorithm: string, bytes: Uint8Array | undefined, path: string): Digest {
  if (isDigestAlgorithm(algorithm) && bytes?.length === digestSizes[algorithm]) return `${algorithm}:${toHex(bytes)}`;
  throw bodyError(path, 'digest');
}

/** The verifier of Rekor v2: a certificate or a public key, never both, with what it signs by. */
function verifierAt(item: JsonValue, path: string): Omit<EntrySignature, 'signature'> {
  const details = keyDetailsOf(textAt(item, `${path}.keyDetails`));
  const verifier = valueAt(item, path) as Readonly<Record<string, JsonValue>>;
  const certificate = Object.hasOwn(verifier, 'x509Certificate');
  if (details === undefined) throw bodyError(`${path}.keyDetails`, 'algorithm that is supported');
  if (certificate === Object.hasOwn(verifier, 'publicKey')) throw bodyError(path, 'certificate or else public key');
  return {
    hash: details[2],
    verifier: certificate
      ? { kind: 'certificate', der: bytesAt(verifier, 'x509Certificate.rawBytes') }
      : { kind: 'key', spki: bytesAt(verifier, 'publicKey.rawBytes') },
  };
}
