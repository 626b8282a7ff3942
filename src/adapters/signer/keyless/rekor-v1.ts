import type { LogEntry } from '../../../attest/bundle.ts';
import { fromBase64, fromHex, toBase64, utf8 } from '../../../bytes/encoding.ts';
import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { algorithmOf, hexOf } from '../../../digest/digest-name.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import { formatPem } from '../../../bytes/pem.ts';
import type { WitnessRequest } from '../shared/witness.ts';
import { answeredJson, answerError, askService, memberOf, type ServiceAnswer, type ServiceRequest } from './service.ts';

/**
 * Enters a signature into a log of Rekor v1: a message as `hashedrekord` 0.0.1, an envelope as `dsse` 0.0.1. An entry
 * that is there already is taken, wherever the log says that it is.
 *
 * @see https://github.com/sigstore/rekor/blob/v1.4.0/openapi.yaml
 */
export async function enterRekorV1(
  client: HttpClient,
  request: ServiceRequest,
  signed: WitnessRequest,
): Promise<LogEntry> {
  const content = JSON.stringify(proposalOf(signed));
  const answer = await askService(client, { ...request, content, expect: [200, 201, 409] });
  const whole = answer.status === 409 ? await askService(client, existing(answer, request)) : answer;
  return entryOf(answeredJson(whole, request), request);
}

function existing({ headers }: ServiceAnswer, request: ServiceRequest): ServiceRequest {
  const location = headers.get('location') ?? '';
  const url = URL.canParse(location, request.url.href) ? new URL(location, request.url) : undefined;
  if (location === '' || url?.origin !== request.url.origin) {
    throw answerError(request, 'says that the entry exists, and not where');
  }
  return { ...request, url, method: 'GET', headers: { accept: 'application/json' } };
}

function proposalOf({ content, digest, signature, verifier }: WitnessRequest): JsonValue {
  const pem =
    verifier.kind === 'key'
      ? formatPem('PUBLIC KEY', verifier.publicKey)
      : formatPem('CERTIFICATE', verifier.certificate);
  const publicKey = toBase64(utf8(pem));
  if (content.kind === 'message') {
    return proposal('hashedrekord', {
      data: { hash: { algorithm: algorithmOf(digest), value: hexOf(digest) } },
      signature: { content: toBase64(signature), publicKey: { content: publicKey } },
    });
  }
  const { payload, payloadType, signatures } = content.envelope;
  const envelope = JSON.stringify({
    payload: toBase64(payload),
    payloadType,
    signatures: signatures.map((one) => ({ sig: toBase64(one.signature) })),
  });
  return proposal('dsse', { proposedContent: { envelope, verifiers: [publicKey] } });
}

function proposal(kind: string, spec: JsonValue): JsonValue {
  return { apiVersion: '0.0.1', kind, spec };
}

/** The one entry in an answer, which has it by its name in the log. */
function entryOf(answer: JsonValue, request: ServiceRequest): LogEntry {
  const [found, ...others] = Object.values((answer ?? {}) as Readonly<Record<string, JsonValue>>);
  if (others.length > 0) throw answerError(request, 'has more than one entry');
  const read = reader(found, request);
  const body = read('body', fromBase64);
  const { kind, apiVersion } = kindOf(body, request);
  const proof = ['verification', 'inclusionProof'];
  return {
    logIndex: read.count('logIndex'),
    logId: read('logID', fromHex),
    kind,
    version: apiVersion,
    integratedTime: read.count('integratedTime'),
    promise: read(['verification', 'signedEntryTimestamp'], fromBase64),
    proof: {
      logIndex: read.count([...proof, 'logIndex']),
      treeSize: read.count([...proof, 'treeSize']),
      rootHash: read([...proof, 'rootHash'], fromHex),
      hashes: hashesOf(memberOf(found, ...proof, 'hashes'), request),
      checkpoint: read([...proof, 'checkpoint'], (text) => text),
    },
    body,
  };
}

interface EntryReader {
  /** Text at a place, decoded. */
  <T>(path: string | readonly string[], decode: (text: string) => T | undefined): T;
  /** A whole number at a place. */
  count(path: string | readonly string[]): bigint;
}

function reader(value: JsonValue | undefined, request: ServiceRequest): EntryReader {
  const at = (path: string | readonly string[]): JsonValue | undefined => memberOf(value, ...[path].flat());
  const missing = (path: string | readonly string[]): Error =>
    answerError(request, `is no log entry: ${[path].flat().join('.')} is missing or malformed`);
  const read = <T>(path: string | readonly string[], decode: (text: string) => T | undefined): T => {
    const text = at(path);
    const decoded = typeof text === 'string' && text !== '' ? decode(text) : undefined;
    if (decoded === undefined) throw missing(path);
    return decoded;
  };
  const count = (path: string | readonly string[]): bigint => {
    const number = at(path);
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) throw missing(path);
    return BigInt(number);
  };
  return Object.assign(read, { count });
}

/** What the body says that it is. The rest of it is read where the entry is verified. */
function kindOf(body: Uint8Array, request: ServiceRequest): { readonly kind: string; readonly apiVersion: string } {
  try {
    const value = parseJson(body);
    const [kind, apiVersion] = [memberOf(value, 'kind'), memberOf(value, 'apiVersion')];
    if (typeof kind === 'string' && typeof apiVersion === 'string') return { kind, apiVersion };
  } catch (cause) {
    throw answerError(request, 'has a body that is no JSON', cause);
  }
  throw answerError(request, 'has a body of no kind');
}

/** As many as a tree of 2^63 entries is high. */
const maximumHashes = 63;

function hashesOf(value: JsonValue | undefined, request: ServiceRequest): readonly Uint8Array<ArrayBuffer>[] {
  const hashes = Array.isArray(value) ? (value as readonly JsonValue[]) : undefined;
  const decoded = hashes
    ?.slice(0, maximumHashes + 1)
    .map((hash) => (typeof hash === 'string' ? fromHex(hash) : undefined));
  const found = decoded?.filter((hash) => hash !== undefined);
  if (decoded !== undefined && found?.length === decoded.length && decoded.length <= maximumHashes) return found;
  throw answerError(request, 'is no log entry: its hashes are missing or malformed');
}
