import { derInteger, derSequence } from '../../../bytes/der-writer.ts';
import { toBase64, utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { changeAt, changeBytes, changeList, lastBitTurned, removeAt, setAt } from '../document-edit.ts';
import type { Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import { testArtifact, type GoodBundleName } from '../good-bundles.ts';
import { hashOf } from '../hash-of.ts';
import { concatBytes } from '../../../bytes/stream.ts';

const messages: readonly GoodBundleName[] = [
  'message',
  'message of Rekor v2',
  'message of a key',
  'message of a key without log',
];
const statements: readonly GoodBundleName[] = [
  'statement',
  'statement 0.2 of intoto',
  'statement of Rekor v2',
  'statement of a key',
];
const both: readonly GoodBundleName[] = ['message', 'statement'];

const otherBytes = /* @__PURE__ */ utf8('another artifact');

/** The two numbers of a signature in DER, joined in 32 octets each: the form of WebCrypto and JOSE. */
function joined(signature: Uint8Array): Uint8Array {
  const size = signature[3] ?? 0;
  const numbers = [signature.subarray(4, 4 + size), signature.subarray(6 + size)];
  return concatBytes(numbers.map((octets) => concatBytes([new Uint8Array(32), octets]).slice(-32)));
}

/** Signs other content under the type of a statement. */
function payload(text: string): Edits {
  return { envelope: (envelope) => ({ ...envelope, payload: utf8(text) }) };
}

/** What is signed and how it is read. */
export const contentFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('content', {
  'signature-by-another-key': [
    'Another key made the signature.',
    messages,
    { signature: (_, { keys }) => keys.stranger.sign(testArtifact) },
  ],
  'signature-changed': ['The signature does not hold.', [...messages, ...statements], { signature: lastBitTurned }],
  'signature-with-trailing-bytes': [
    'A byte follows the signature.',
    messages,
    { signature: (signature) => concatBytes([signature, Uint8Array.of(0)]) },
  ],
  'signature-not-in-der': ['The signature is written as two joined numbers.', messages, { signature: joined }],
  'signature-of-zeros': [
    'Both numbers of the signature are zero.',
    messages,
    { signature: () => derSequence(derInteger(0), derInteger(0)) },
  ],
  'signature-empty': ['The signature has no bytes.', messages, { signature: () => new Uint8Array(0) }],
  'artifact-other': [
    'Another artifact was signed.',
    messages,
    { options: (options) => ({ ...options, artifact: otherBytes }) },
  ],
  'artifact-other-under-this-digest': [
    'Another artifact was signed, and the bundle says the digest of this one.',
    messages,
    {
      options: (options) => ({ ...options, artifact: otherBytes }),
      bundle: async (document) =>
        setAt('messageSignature.messageDigest.digest', toBase64(await hashOf(testArtifact)))(document),
    },
  ],
  'message-digest-other': [
    'The bundle says another digest than that of the artifact.',
    messages,
    { bundle: changeBytes('messageSignature.messageDigest.digest', lastBitTurned) },
  ],
  'envelope-without-signature': [
    'The envelope has no signature.',
    statements,
    { bundle: setAt('dsseEnvelope.signatures', []) },
  ],
  'envelope-with-two-signatures': [
    'The envelope has two signatures.',
    statements,
    { bundle: changeList('dsseEnvelope.signatures', ([one]) => [one ?? '', one ?? '']) },
  ],
  'envelope-payload-changed': [
    'The payload of the envelope is another than was signed.',
    statements,
    { bundle: changeBytes('dsseEnvelope.payload', (bytes) => concatBytes([bytes, utf8(' ')])) },
  ],
  'envelope-type-changed': [
    'The type of the payload is another than was signed.',
    statements,
    { bundle: setAt('dsseEnvelope.payloadType', 'application/vnd.in-toto.provenance+json') },
  ],
  'payload-of-another-type': [
    'What was signed is no in-toto statement by its type.',
    statements,
    { envelope: (envelope) => ({ ...envelope, payloadType: 'application/json' }) },
    ['GHSA-w6c6-c85g-mmv6'],
  ],
  'payload-no-statement': [
    'What was signed is no statement.',
    statements,
    payload('{"hello":"world"}'),
    ['GHSA-w6c6-c85g-mmv6'],
  ],
  'payload-no-json': ['What was signed is no JSON.', statements, payload('hello'), ['GHSA-w6c6-c85g-mmv6']],
  'contents-two': [
    'The bundle holds an envelope and a signature of a message, too.',
    both,
    {
      bundle: (document) => ({
        messageSignature: { signature: toBase64(otherBytes) },
        dsseEnvelope: {
          payload: toBase64(otherBytes),
          payloadType: 'text/plain',
          signatures: [{ sig: toBase64(otherBytes) }],
        },
        ...document,
      }),
    },
  ],
  'contents-none': [
    'The bundle holds neither an envelope nor a signature.',
    both,
    { bundle: ({ mediaType = '', verificationMaterial = {} }) => ({ mediaType, verificationMaterial }) },
  ],
  'materials-two': [
    'The bundle holds a certificate and the name of a key.',
    both,
    { bundle: setAt('verificationMaterial.publicKey', { hint: 'key' }) },
  ],
  'materials-none': [
    'The bundle holds neither a certificate nor the name of a key.',
    both,
    { bundle: removeAt('verificationMaterial.certificate') },
  ],
  'chain-in-0.3': [
    'A bundle of version 0.3 holds a chain of certificates.',
    both,
    {
      bundle: changeAt('verificationMaterial', (material) => {
        const { certificate = '', ...rest } = material as Readonly<Record<string, JsonValue>>;
        return { ...rest, x509CertificateChain: { certificates: [certificate] } };
      }),
    },
  ],
  'key-id-of-another': [
    'The envelope names another key than the bundle.',
    ['statement of a key'],
    { bundle: setAt('dsseEnvelope.signatures.0.keyid', 'another') },
  ],
  'media-type-unknown': [
    'The media type is of a version that nobody knows.',
    both,
    { bundle: setAt('mediaType', 'application/vnd.dev.sigstore.bundle.v9.9+json') },
  ],
  'media-type-missing': ['The bundle does not say what it is.', both, { bundle: removeAt('mediaType') }],
});
