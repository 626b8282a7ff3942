import { fromBase64, fromHex, fromUtf8, toHex } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { isDigest, type DigestAlgorithm } from '../../../digest/digest.ts';
import { parseCertificate } from '../../../verify/certificate/certificate.ts';
import { parsePublicKey } from '../../../verify/crypto/public-key.ts';
import { verifySignature } from '../../../verify/crypto/verify-signature.ts';
import { parsePem } from '../../../bytes/pem.ts';
import { paeOf } from '../bundle-document.ts';
import { hashOf } from '../hash-of.ts';
import type { JsonObject, LogBodyTemplate, LogVerifier } from '../log-body.ts';
import { openSigning } from '../sign-bundle.ts';
import type { TestKeyAlgorithm } from '../test-key.ts';
import type { Inside } from '../test-sigstore.ts';
import { enterLog, type TestLog } from '../transparency-log.ts';
import { bodyOf, refusal, textAt, valueAt, type Handler } from './answers.ts';

/** A log of Rekor v2: the answer is the entry as a bundle has it. */
export function rekorV2Handler(inside: Inside, log: TestLog): Handler {
  return async (request) => {
    const body = await bodyOf(request);
    const asked = valueAt(body, 'hashedRekordRequestV002');
    if (asked === undefined) return refusal(400, 'invalid type, must be hashedrekord');
    const template = proposedV2(asked);
    if (!(await holds(template))) return refusal(400, 'failed to verify signature');
    return Response.json(await enter(inside, log, template), { status: 201 });
  };
}

/** A log of Rekor v1: entries by name, and the one that is there already where it is. */
export function rekorV1Handler(inside: Inside, log: TestLog): Handler {
  const entries = new Map<string, JsonObject>();
  return async (request) => {
    const { pathname } = new URL(request.url);
    const asked = pathname.split('/').pop() ?? '';
    if (request.method === 'GET') {
      const entry = entries.get(asked);
      return entry === undefined ? refusal(404, 'entry not found') : Response.json({ [asked]: entry });
    }
    const template = await proposedV1(await bodyOf(request));
    if (!(await holds(template))) return refusal(400, 'verifying signature failed');
    const name = toHex(await hashOf(template.signature));
    const location = { location: `/api/v1/log/entries/${name}` };
    if (entries.has(name)) return Response.json({ code: 409, message: 'exists' }, { status: 409, headers: location });
    entries.set(name, entryV1(await enter(inside, log, template)));
    return Response.json({ [name]: entries.get(name) }, { status: 201, headers: location });
  };
}

async function enter({ world, clock }: Inside, log: TestLog, template: LogBodyTemplate): Promise<JsonObject> {
  const { entry, checkpoint } = world.edits;
  const { workshop } = openSigning(world, { artifact: new Uint8Array() }, clock());
  return enterLog(log, (await entry?.(template, workshop)) ?? template, {
    time: clock() + 1000,
    witnesses: [],
    edit: async (good) => (await checkpoint?.(good, workshop)) ?? good,
  });
}

function proposedV2(asked: JsonValue): LogBodyTemplate {
  const verifier = 'signature.verifier';
  const certificate = textAt(asked, `${verifier}.x509Certificate.rawBytes`);
  const algorithm = textAt(asked, `${verifier}.keyDetails`) as TestKeyAlgorithm;
  return {
    kind: 'hashedrekord',
    version: '0.0.2',
    signature: bytesOf(textAt(asked, 'signature.content')),
    verifier:
      certificate === ''
        ? { kind: 'key', der: bytesOf(textAt(asked, `${verifier}.publicKey.rawBytes`)), algorithm }
        : { kind: 'certificate', der: bytesOf(certificate), algorithm },
    digest: bytesOf(textAt(asked, 'digest')),
    digestAlgorithm: hashOfKey(algorithm),
  };
}

function hashOfKey(algorithm: string): DigestAlgorithm {
  return algorithm.endsWith('512') ? 'sha512' : algorithm.endsWith('384') ? 'sha384' : 'sha256';
}

async function proposedV1(body: JsonValue): Promise<LogBodyTemplate> {
  if (textAt(body, 'kind') === 'hashedrekord') {
    return {
      kind: 'hashedrekord',
      version: '0.0.1',
      signature: bytesOf(textAt(body, 'spec.signature.content')),
      verifier: verifierOf(textAt(body, 'spec.signature.publicKey.content')),
      digest: fromHex(textAt(body, 'spec.data.hash.value')) ?? new Uint8Array(),
      digestAlgorithm: textAt(body, 'spec.data.hash.algorithm') as DigestAlgorithm,
    };
  }
  const text = parseJson(textAt(body, 'spec.proposedContent.envelope'));
  const envelope = { payload: bytesOf(textAt(text, 'payload')), payloadType: textAt(text, 'payloadType') };
  return {
    kind: 'dsse',
    version: '0.0.1',
    signature: bytesOf(textAt(text, 'signatures.0.sig')),
    verifier: verifierOf(textAt(body, 'spec.proposedContent.verifiers.0')),
    digest: await hashOf(paeOf(envelope.payloadType, envelope.payload)),
    digestAlgorithm: 'sha256',
    envelope,
  };
}

/** Base64 of PEM. */
function verifierOf(text: string): LogVerifier {
  const pem = fromUtf8(bytesOf(text));
  const kind = pem.includes('BEGIN CERTIFICATE') ? 'certificate' : 'key';
  const der = parsePem(pem, kind === 'key' ? 'PUBLIC KEY' : 'CERTIFICATE');
  return { kind, der, algorithm: 'PKIX_ECDSA_P256_SHA_256' };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text) ?? new Uint8Array();
}

/** A log takes in only signatures that hold. */
async function holds({ verifier, signature, digest, digestAlgorithm, envelope }: LogBodyTemplate): Promise<boolean> {
  const key = parsePublicKey(verifier.kind === 'key' ? verifier.der : parseCertificate(verifier.der).publicKey);
  if (envelope !== undefined) {
    return verifySignature(key, signature, { bytes: paeOf(envelope.payloadType, envelope.payload) });
  }
  const named = `${digestAlgorithm}:${toHex(digest)}`;
  return isDigest(named) && verifySignature(key, signature, { digest: named });
}

/** An entry as Rekor v1 answers with it: hexadecimal for hashes, numbers for indexes. */
function entryV1(entry: JsonObject): JsonObject {
  const hex = (path: string): string => toHex(bytesOf(textAt(entry, path)));
  const hashes = (valueAt(entry, 'inclusionProof.hashes') ?? []) as readonly string[];
  return {
    body: textAt(entry, 'canonicalizedBody'),
    integratedTime: Number(textAt(entry, 'integratedTime')),
    logID: hex('logId.keyId'),
    logIndex: Number(textAt(entry, 'logIndex')),
    verification: {
      inclusionProof: {
        checkpoint: textAt(entry, 'inclusionProof.checkpoint.envelope'),
        hashes: hashes.map((hash) => toHex(bytesOf(hash))),
        logIndex: Number(textAt(entry, 'inclusionProof.logIndex')),
        rootHash: hex('inclusionProof.rootHash'),
        treeSize: Number(textAt(entry, 'inclusionProof.treeSize')),
      },
      signedEntryTimestamp: textAt(entry, 'inclusionPromise.signedEntryTimestamp'),
    },
  };
}
