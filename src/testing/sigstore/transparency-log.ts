import { canonicalJson } from '../../bytes/canonical-json.ts';
import { toBase64, toHex, utf8 } from '../../bytes/encoding.ts';
import { checkpointOf, noteKeyId, type CheckpointTemplate, type NoteSigner } from './checkpoint.ts';
import { hashOf } from './hash-of.ts';
import { logBodyOf, type JsonObject, type LogBodyTemplate } from './log-body.ts';
import { createMerkleTree, type MerkleTree, type TreeHead } from './merkle-tree.ts';
import type { TestKey } from './test-key.ts';

/** A transparency log: version 1 of Rekor promises and names its tree, version 2 has proofs alone. */
export interface TestLog {
  readonly version: 'v1' | 'v2';
  /** The host name, which signs its checkpoints. */
  readonly name: string;
  readonly operator: string;
  readonly key: TestKey;
  readonly logId: Uint8Array<ArrayBuffer>;
  readonly tree: MerkleTree;
}

/** A log with some entries of others in it. */
export async function createLog(options: Pick<TestLog, 'version' | 'name' | 'operator' | 'key'>): Promise<TestLog> {
  const tree = createMerkleTree();
  for (const index of [0, 1, 2, 3, 4]) await tree.append(utf8(`entry ${index} of somebody else`));
  const { version, name, key } = options;
  return { ...options, logId: version === 'v1' ? await hashOf(key.publicKey) : await noteKeyId(name, key), tree };
}

/** An older shard's entries come before those of the tree: the index of the promise is not that of the proof. */
const shardOffset = 4_000_000_000n;
const treeId = '1193050959916656506';

/** Witnesses that cosign checkpoints; none of them is in the trust root. */
export interface Witness {
  readonly name: string;
  readonly key: TestKey;
}

/** How an entry comes about. */
export interface EnterOptions {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  readonly witnesses: readonly Witness[];
  /** Changes the checkpoint before it is signed. */
  readonly edit: (checkpoint: CheckpointTemplate) => Promise<CheckpointTemplate>;
}

/** Enters a signature into a log and gives the entry as a bundle has it. */
export async function enterLog(log: TestLog, template: LogBodyTemplate, options: EnterOptions): Promise<JsonObject> {
  const body = canonicalJson(await logBodyOf(template));
  const leaf = await log.tree.append(body);
  // The tree goes on growing while the entry waits for its checkpoint.
  await log.tree.append(utf8(`entry ${leaf + 1} of somebody else`));
  const logIndex = log.version === 'v1' ? shardOffset + BigInt(leaf) : BigInt(leaf);
  const seconds = Math.floor(options.time / 1000);
  const proof = await inclusionProof(log, leaf, seconds, options);
  return {
    logIndex: `${logIndex}`,
    logId: { keyId: toBase64(log.logId) },
    kindVersion: { kind: template.kind, version: template.version },
    ...(log.version === 'v1' ? await promiseOf(log, body, seconds, logIndex) : {}),
    inclusionProof: proof,
    canonicalizedBody: toBase64(body),
  };
}

/** The signed entry timestamp, over canonical JSON of what it promises. */
async function promiseOf(
  log: TestLog,
  body: Uint8Array,
  integratedTime: number,
  logIndex: bigint,
): Promise<JsonObject> {
  const promised = { body: toBase64(body), integratedTime, logID: toHex(log.logId), logIndex: Number(logIndex) };
  return {
    integratedTime: `${integratedTime}`,
    inclusionPromise: { signedEntryTimestamp: toBase64(await log.key.sign(canonicalJson(promised))) },
  };
}

async function inclusionProof(
  log: TestLog,
  leaf: number,
  seconds: number,
  { witnesses, edit }: EnterOptions,
): Promise<JsonObject> {
  const head = log.tree.head();
  const template = await checkpointTemplate(log, head, seconds, witnesses);
  return {
    logIndex: `${leaf}`,
    rootHash: toBase64(template.root),
    treeSize: template.size,
    hashes: (await head.proof(leaf)).map(toBase64),
    checkpoint: { envelope: await checkpointOf(await edit(template)) },
  };
}

async function checkpointTemplate(
  log: TestLog,
  head: TreeHead,
  seconds: number,
  witnesses: readonly Witness[],
): Promise<CheckpointTemplate> {
  const cosigners = witnesses.map(async ({ name, key }): Promise<NoteSigner> => {
    return { name, key, keyId: await noteKeyId(name, key, 'witness'), cosignedAt: seconds + 1 };
  });
  return {
    origin: log.version === 'v1' ? `${log.name} - ${treeId}` : log.name,
    size: `${head.size}`,
    root: await head.root(),
    extensionLines: [],
    signers: [{ name: log.name, keyId: log.logId, key: log.key }, ...(await Promise.all(cosigners))],
  };
}
