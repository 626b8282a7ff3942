import type { InclusionProof, LogEntry } from '../../../src/attest/bundle.ts';
import type { TransparencyLog } from '../../../src/attest/trust-root.ts';
import { canonicalJson } from '../../../src/bytes/canonical-json.ts';
import { toBase64, toHex, utf8 } from '../../../src/bytes/encoding.ts';
import { encodePae } from '../../../src/attest/pae.ts';
import type { DigestAlgorithm } from '../../../src/digest/index.ts';
import { checkpointOf, noteKeyId, type CheckpointTemplate } from '../../../src/testing/sigstore/checkpoint.ts';
import { hashOf } from '../../../src/testing/sigstore/hash-of.ts';
import { logBodyOf, type LogEntryKind } from '../../../src/testing/sigstore/log-body.ts';
import { createTestKey, type TestKey, type TestKeyAlgorithm } from '../../../src/testing/sigstore/test-key.ts';
import type { SignedContent } from '../../../src/verify/signed-content.ts';
import { naiveTree } from './naive-tree.ts';

/** A log of its own key, and entries in it. */
export interface TestLog {
  readonly name: string;
  readonly key: TestKey;
  readonly trusted: TransparencyLog;
}

/** When everything here happened, in milliseconds since 1970. */
export const entryTime = 1_700_000_000_000;

/** A log: Rekor v1 by its key in ECDSA, Rekor v2 by its name and a key of any kind. */
export async function makeLog(
  algorithm: TestKeyAlgorithm = 'PKIX_ECDSA_P256_SHA_256',
  name = 'log.example',
): Promise<TestLog> {
  const key = await createTestKey(algorithm);
  const trusted: TransparencyLog = {
    baseUrl: `https://${name}`,
    publicKey: {
      bytes: key.publicKey,
      details: algorithm,
      validFor: { start: entryTime - 1000, end: entryTime + 1000 },
    },
    logId: await noteKeyId(name, key),
    checkpointKeyId: undefined,
    operator: 'example',
  };
  return { name, key, trusted };
}

/** A checkpoint of a log before it is signed; Rekor v1 has a tree number in its origin. */
export async function checkpointTemplate(log: TestLog, tree = ''): Promise<CheckpointTemplate> {
  return {
    origin: `${log.name}${tree}`,
    size: '1',
    root: new Uint8Array(32),
    extensionLines: [],
    signers: [{ name: log.name, key: log.key, keyId: log.trusted.logId }],
  };
}

/** How an entry comes about. */
export interface EntryOptions {
  readonly kind: LogEntryKind;
  readonly version: '0.0.1' | '0.0.2';
  readonly editBody?: (body: Record<string, unknown>) => unknown;
  readonly editCheckpoint?: (template: CheckpointTemplate) => CheckpointTemplate;
}

/** What somebody signed: a message, or an envelope with one signature. */
export async function signSomething(
  kind: 'message' | 'dsse',
  key: TestKey,
  material: 'certificate' | 'key' = 'key',
): Promise<SignedContent> {
  const payload = utf8('what is signed');
  const payloadType = 'application/vnd.in-toto+json';
  const signature = await key.sign(kind === 'message' ? payload : encodePae(payloadType, payload));
  return {
    signature,
    // For a log a certificate is a name for a key, and any bytes will do.
    key: material === 'key' ? { kind: 'key', spki: key.publicKey } : { kind: 'certificate', der: utf8('certificate') },
    hash: key.hash,
    content:
      kind === 'message'
        ? { kind, digest: (algorithm: DigestAlgorithm) => hashOf(payload, algorithm) }
        : { kind, envelope: { payload, payloadType, signatures: [{ signature, keyId: '' }] } },
  };
}

/** Enters something signed into a log that has four entries already. */
export async function enter(
  log: TestLog,
  signed: SignedContent,
  signer: TestKey,
  { kind, version, editBody, editCheckpoint }: EntryOptions,
): Promise<LogEntry & { readonly proof: InclusionProof; readonly promise: Uint8Array<ArrayBuffer> }> {
  const { content, key } = signed;
  const envelope = content.kind === 'dsse' ? content.envelope : undefined;
  const template = await logBodyOf({
    ...{ kind, version, signature: signed.signature, digestAlgorithm: signed.hash },
    verifier: {
      kind: key.kind,
      der: key.kind === 'key' ? key.spki : key.der,
      algorithm: signer.algorithm,
    },
    digest:
      content.kind === 'message'
        ? await content.digest(signed.hash)
        : await hashOf(encodePae(content.envelope.payloadType, content.envelope.payload), signed.hash),
    envelope,
  });
  const copy = structuredClone(template) as Record<string, unknown>;
  const edited = editBody?.(copy) ?? copy;
  const body = edited instanceof Uint8Array ? (edited as Uint8Array<ArrayBuffer>) : canonicalJson(edited);
  const leaves = [...[0, 1, 2, 3].map((byte) => Uint8Array.of(byte)), body, utf8('one more')];
  const tree = naiveTree(leaves);
  const first = version === '0.0.1' || kind === 'intoto';
  const checkpoint = {
    ...(await checkpointTemplate(log, first ? ' - 42' : '')),
    size: `${leaves.length}`,
    root: tree.root,
  };
  const claim = {
    ...{ body: toBase64(body), integratedTime: entryTime / 1000 },
    ...{ logID: toHex(log.trusted.logId), logIndex: 1234 },
  };
  return {
    logIndex: 1234n,
    logId: log.trusted.logId,
    ...{ kind, version, body },
    integratedTime: first ? BigInt(entryTime / 1000) : 0n,
    promise: await log.key.sign(canonicalJson(claim)),
    proof: {
      logIndex: 4n,
      treeSize: BigInt(leaves.length),
      rootHash: tree.root,
      hashes: tree.pathOf(4),
      checkpoint: await checkpointOf(editCheckpoint?.(checkpoint) ?? checkpoint),
    },
  };
}
