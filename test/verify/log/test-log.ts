import type { InclusionProof, LogEntry } from '../../../src/attest/bundle.ts';
import type { TransparencyLog } from '../../../src/attest/trust-root.ts';
import { canonicalJson } from '../../../src/bytes/canonical-json.ts';
import { toBase64, toHex, utf8 } from '../../../src/bytes/encoding.ts';
import { encodePae } from '../../../src/attest/pae.ts';
import type { DigestAlgorithm } from '../../../src/digest/index.ts';
import { checkpointOf, noteKeyId, type CheckpointTemplate } from '../../../src/testing/sigstore/checkpoint.ts';
import { hashOf } from '../../../src/testing/sigstore/hash-of.ts';
import { logBodyOf, type LogEntryKind } from '../../../src/testing/sigstore/log-body.ts';
import { createMerkleTree } from '../../../src/testing/sigstore/merkle-tree.ts';
import { createTestKey, type TestKey, type TestKeyAlgorithm } from '../../../src/testing/sigstore/test-key.ts';
import type { SignedContent } from '../../../src/verify/signed-content.ts';

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
  const tree = createMerkleTree();
  for (const index of [0, 1, 2, 3]) await tree.append(Uint8Array.of(index));
  const leaf = await tree.append(body);
  await tree.append(utf8('one more'));
  const first = version === '0.0.1' || kind === 'intoto';
  const root = await tree.root();
  const checkpoint = { ...(await checkpointTemplate(log, first ? ' - 42' : '')), size: `${tree.size}`, root };
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
      logIndex: BigInt(leaf),
      treeSize: BigInt(tree.size),
      rootHash: root,
      hashes: await tree.proof(leaf),
      checkpoint: await checkpointOf(editCheckpoint?.(checkpoint) ?? checkpoint),
    },
  };
}
