import type { LogEntry } from '../../attest/bundle.ts';
import { fromHex, toHex } from '../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { digestSizes, isDigestAlgorithm, type Digest, type DigestAlgorithm } from '../../digest/digest.ts';
import { keyDetailsOf } from '../crypto/key-details.ts';
import type { SigningMaterial } from '../signed-content.ts';
import { bytesAt, itemsAt, pemAt, textAt, twiceEncodedAt, valueAt } from './body-value.ts';
import { entryError } from './log-error.ts';

/** What a log entry says that was signed, by which signatures and keys. */
export interface EntryBody {
  /** Rekor v2 makes no promises, and knows no time. */
  readonly generation: 1 | 2;
  /** Of a message, or of the encoded envelope (PAE); of the payload of an envelope; of an envelope as it was sent. */
  readonly over: 'message' | 'payload' | 'envelope';
  readonly digest: Digest;
  readonly signatures: readonly EntrySignature[];
}

/** A signature with the key that the log checked it with; intoto 0.0.1 has the key alone. */
export interface EntrySignature {
  readonly signature: Uint8Array<ArrayBuffer> | undefined;
  readonly verifier: SigningMaterial;
  /** The hash that the key's details say, where the entry says details. */
  readonly hash?: DigestAlgorithm | undefined;
}

type BodyReader = (spec: JsonValue) => EntryBody;

/** By kind and version, with a space between, which no member of every object has. */
const readers: Readonly<Record<string, BodyReader>> = {
  'hashedrekord 0.0.1': (spec) => ({
    generation: 1,
    over: 'message',
    digest: hexDigestAt(spec, 'data.hash'),
    signatures: [
      { signature: bytesAt(spec, 'signature.content'), verifier: pemAt(spec, 'signature.publicKey.content') },
    ],
  }),
  'dsse 0.0.1': (spec) => ({
    generation: 1,
    over: 'payload',
    digest: hexDigestAt(spec, 'payloadHash'),
    signatures: itemsAt(spec, 'signatures').map((item) => ({
      signature: bytesAt(item, 'signature'),
      verifier: pemAt(item, 'verifier'),
    })),
  }),
  'intoto 0.0.1': (spec) => ({
    generation: 1,
    over: 'envelope',
    digest: hexDigestAt(spec, 'content.hash'),
    signatures: [{ signature: undefined, verifier: pemAt(spec, 'publicKey') }],
  }),
  'intoto 0.0.2': (spec) => ({
    generation: 1,
    over: 'payload',
    digest: hexDigestAt(spec, 'content.payloadHash'),
    signatures: itemsAt(spec, 'content.envelope.signatures').map((item) => ({
      signature: twiceEncodedAt(item, 'sig'),
      verifier: pemAt(item, 'publicKey'),
    })),
  }),
  'hashedrekord 0.0.2': (spec) => ({
    generation: 2,
    over: 'message',
    digest: digestAt(spec, 'hashedRekordV002.data'),
    signatures: [signatureOf(valueAt(spec, 'hashedRekordV002.signature'))],
  }),
  // What Rekor v2 had until June 2026.
  'dsse 0.0.2': (spec) => ({
    generation: 2,
    over: 'payload',
    digest: digestAt(spec, 'dsseV002.payloadHash'),
    signatures: itemsAt(spec, 'dsseV002.signatures').map(signatureOf),
  }),
};

/**
 * Reads the body of an entry, which must be of the kind and version that the entry says.
 *
 * @throws VerificationError `ERR_LOG_ENTRY_INVALID`.
 */
export function parseEntryBody({ kind, version, body }: Pick<LogEntry, 'kind' | 'version' | 'body'>): EntryBody {
  const read = readers[`${kind} ${version}`];
  if (read === undefined)
    throw entryError(`is of the kind ${quoted(kind)} ${quoted(version)}, which nothing is bound to`);
  let value: JsonValue;
  try {
    value = parseJson(body);
  } catch (cause) {
    throw entryError('body is no JSON', cause);
  }
  const found = [textAt(value, 'kind'), textAt(value, 'apiVersion')];
  if (found[0] !== kind || found[1] !== version) {
    throw entryError(
      `says that it is ${kind} ${version}, its body says ${found.map((text) => quoted(text)).join(' ')}`,
    );
  }
  return read(valueAt(value, 'spec'));
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

/** `{ "algorithm": "sha256", "value": "<hex>" }`, as Rekor v1 writes. */
function hexDigestAt(value: JsonValue, path: string): Digest {
  return digest(textAt(value, `${path}.algorithm`), fromHex(textAt(value, `${path}.value`)), path);
}

/** `{ "algorithm": "SHA2_256", "digest": "<base64>" }`, as Rekor v2 writes. */
function digestAt(value: JsonValue, path: string): Digest {
  const name = /^SHA2_(\d+)$/.exec(textAt(value, `${path}.algorithm`))?.[1] ?? '';
  return digest(`sha${name}`, bytesAt(value, `${path}.digest`), path);
}

function digest(algorithm: string, bytes: Uint8Array | undefined, path: string): Digest {
  if (!isDigestAlgorithm(algorithm)) throw entryError(`body has a ${path} of an algorithm that is not supported`);
  if (bytes?.length !== digestSizes[algorithm]) throw entryError(`body has a ${path} that is no ${algorithm}`);
  return `${algorithm}:${toHex(bytes)}`;
}

/** A signature of Rekor v2, with its verifier: a certificate or a public key, never both. */
function signatureOf(value: JsonValue): EntrySignature {
  const verifier = valueAt(value, 'verifier') as Readonly<Record<string, JsonValue>>;
  const details = keyDetailsOf(textAt(verifier, 'keyDetails'));
  const certificate = Object.hasOwn(verifier, 'x509Certificate');
  if (details === undefined) throw entryError('body has key details that are not supported');
  if (certificate === Object.hasOwn(verifier, 'publicKey')) {
    throw entryError('body has not one of a certificate and a public key');
  }
  return {
    signature: bytesAt(value, 'content'),
    hash: details[2],
    verifier: certificate
      ? { kind: 'certificate', der: bytesAt(verifier, 'x509Certificate.rawBytes') }
      : { kind: 'key', spki: bytesAt(verifier, 'publicKey.rawBytes') },
  };
}
