import { toBase64, toHex, utf8 } from '../../bytes/encoding.ts';
import type { JsonValue } from '../../bytes/json.ts';
import type { DigestAlgorithm } from '../../digest/digest.ts';
import { hashOf } from './hash-of.ts';
import { pemOf } from './pem-of.ts';
import type { TestKeyAlgorithm } from './test-key.ts';

/** Kinds of log entries that Sigstore's logs have. */
export type LogEntryKind = 'hashedrekord' | 'dsse' | 'intoto';

/** What is written to a log about a signature. */
export interface LogBodyTemplate {
  readonly kind: LogEntryKind;
  readonly version: '0.0.1' | '0.0.2';
  readonly signature: Uint8Array;
  readonly verifier: LogVerifier;
  /** What was signed: the message, or the pre-authentication encoding of the envelope. */
  readonly digest: Uint8Array;
  readonly digestAlgorithm: DigestAlgorithm;
  /** Of an envelope alone. */
  readonly envelope?: { readonly payload: Uint8Array; readonly payloadType: string } | undefined;
}

/** Whose signature it is: a certificate or a public key in DER. */
export interface LogVerifier {
  readonly kind: 'certificate' | 'key';
  readonly der: Uint8Array;
  readonly algorithm: TestKeyAlgorithm;
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** The entry as Rekor stores it. */
export async function logBodyOf(template: LogBodyTemplate): Promise<JsonObject> {
  const { kind, version } = template;
  return { apiVersion: version, kind, spec: (await specs[`${kind} ${version}`]?.(template)) ?? {} };
}

const specs: Readonly<Record<string, (template: LogBodyTemplate) => Promise<JsonObject> | JsonObject>> = {
  'hashedrekord 0.0.1': (template) => ({
    data: { hash: { algorithm: template.digestAlgorithm, value: toHex(template.digest) } },
    signature: { content: toBase64(template.signature), publicKey: { content: pemBase64(template.verifier) } },
  }),
  'hashedrekord 0.0.2': (template) => ({
    hashedRekordV002: {
      data: { algorithm: protoHash(template.digestAlgorithm), digest: toBase64(template.digest) },
      signature: { content: toBase64(template.signature), verifier: protoVerifier(template.verifier) },
    },
  }),
  'dsse 0.0.1': async (template) => ({
    envelopeHash: await hashObject(utf8(envelopeJson(template))),
    payloadHash: await hashObject(template.envelope?.payload),
    signatures: [{ signature: toBase64(template.signature), verifier: pemBase64(template.verifier) }],
  }),
  'intoto 0.0.2': async (template) => ({
    content: {
      envelope: {
        payloadType: template.envelope?.payloadType ?? '',
        // Rekor keeps these as bytes that are base64 already.
        signatures: [{ publicKey: pemBase64(template.verifier), sig: toBase64(utf8(toBase64(template.signature))) }],
      },
      hash: await hashObject(utf8(envelopeJson(template))),
      payloadHash: await hashObject(template.envelope?.payload),
    },
  }),
};

function envelopeJson({ envelope, signature }: LogBodyTemplate): string {
  const payload = toBase64(envelope?.payload ?? new Uint8Array(0));
  return JSON.stringify({ payload, payloadType: envelope?.payloadType, signatures: [{ sig: toBase64(signature) }] });
}

async function hashObject(bytes: Uint8Array = new Uint8Array(0)): Promise<JsonObject> {
  return { algorithm: 'sha256', value: toHex(await hashOf(bytes)) };
}

function pemBase64({ kind, der }: LogVerifier): string {
  return toBase64(utf8(pemOf(kind === 'certificate' ? 'CERTIFICATE' : 'PUBLIC KEY', der)));
}

function protoVerifier({ kind, der, algorithm }: LogVerifier): JsonObject {
  const rawBytes = toBase64(der);
  return { keyDetails: algorithm, [kind === 'certificate' ? 'x509Certificate' : 'publicKey']: { rawBytes } };
}

/** The name of a hash in the enumeration `HashAlgorithm` of protobuf-specs. */
export function protoHash(algorithm: DigestAlgorithm): string {
  return `SHA2_${algorithm.slice(3)}`;
}
