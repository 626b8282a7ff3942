import type { BundleVersion, InclusionProof, LogEntry } from '../../attest/bundle.ts';
import type { TransparencyLog } from '../../attest/trust-root.ts';
import { toHex } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { VerificationError } from '../../errors.ts';
import type { SignedContent } from '../signed-content.ts';
import { bindEntry } from './bind-entry.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { parseEntryBody } from './entry-body.ts';
import { entryError, proofError } from './log-error.ts';
import { isIncluded, leafHash } from './merkle.ts';
import { integratedTimeOf, isPromised } from './promise.ts';
import { logsAt, logsOf } from './select-log.ts';
import { verifyCheckpoint } from './verify-checkpoint.ts';

/** What an entry of a transparency log proved. */
export interface LogFact {
  readonly operator: string;
  /** In hexadecimal. */
  readonly logId: string;
  /** The index that the promise covers; without a promise that of the proof. They differ in a sharded log. */
  readonly logIndex: string;
  readonly kind: string;
  readonly version: string;
  /** When the log promised to take the entry in, in milliseconds since 1970; only from a promise. */
  readonly time?: number;
  /** Shown to be in a tree whose checkpoint the log signed. */
  readonly proof: boolean;
  readonly promise: boolean;
}

/** What an entry is checked against. */
export interface LogEntryOptions {
  readonly logs: readonly TransparencyLog[];
  /** Of the bundle: 0.1 asks for the promise, later ones for the proof with its checkpoint. */
  readonly version: BundleVersion;
  readonly signed: SignedContent;
  /** Times proven by others, in milliseconds since 1970: when the key of a log that gives no time must have been good. */
  readonly times: readonly number[];
}

/**
 * Checks that a log that is trusted holds this entry, and that the entry is about what was signed (Sigstore client
 * specification, "Transparency log entry"). Evidence that is there and wrong fails, also where other evidence holds.
 *
 * @throws VerificationError `ERR_LOG_UNTRUSTED` for a log that the trust root does not know; `ERR_LOG_PROOF_INVALID`
 * for proof and checkpoint; `ERR_LOG_ENTRY_INVALID` for everything else; `ERR_ALGORITHM_UNSUPPORTED`.
 */
export async function verifyLogEntry(entry: LogEntry, options: LogEntryOptions): Promise<LogFact> {
  const known = logsOf(entry, options.logs);
  const body = parseEntryBody(entry);
  if (body.generation === 2) refuseClaimsOfTime(entry);
  demandEvidence(entry, body.generation === 2 ? '0.3' : options.version);
  const time = entry.promise === undefined ? undefined : integratedTimeOf(entry);
  const logs = logsAt(known, time === undefined ? options.times : [time]);
  const log = await firstThatHolds(logs, (candidate) => verifyEvidence(entry, candidate));
  await bindEntry(body, options.signed);
  return {
    operator: log.operator,
    logId: toHex(entry.logId),
    logIndex: String(time === undefined ? entry.proof?.logIndex : entry.logIndex),
    kind: entry.kind,
    version: entry.version,
    ...(time === undefined ? {} : { time }),
    proof: hasCheckpoint(entry.proof),
    promise: time !== undefined,
  };
}

/**
 * The time that a log promised to take an entry in at, in milliseconds since 1970; undefined where there is no promise.
 * {@link verifyLogEntry} does this too: it is here for who needs the time alone.
 *
 * @throws VerificationError as {@link verifyLogEntry} does.
 */
export async function verifyPromise(
  entry: LogEntry,
  logs: readonly TransparencyLog[],
): Promise<{ operator: string; time: number } | undefined> {
  const { promise } = entry;
  if (promise === undefined) return undefined;
  const time = integratedTimeOf(entry);
  const log = await firstThatHolds(logsAt(logsOf(entry, logs), [time]), (candidate) =>
    checkPromise(entry, promise, candidate),
  );
  return { operator: log.operator, time };
}

/** Rekor v2 gives no time: what stands there was put there by somebody else. */
function refuseClaimsOfTime({ promise, integratedTime }: LogEntry): void {
  if (promise !== undefined) throw entryError('is of Rekor v2, which makes no promises, and has one');
  if (integratedTime !== 0n) throw entryError('is of Rekor v2, which knows no time, and has one');
}

function demandEvidence({ promise, proof }: LogEntry, version: BundleVersion): void {
  if (version === '0.1' && promise === undefined)
    throw entryError('has no promise, which bundles of version 0.1 must have');
  if (version !== '0.1' && !hasCheckpoint(proof))
    throw proofError('log entry has no inclusion proof with a checkpoint');
}

function hasCheckpoint(proof: InclusionProof | undefined): boolean {
  return (proof?.checkpoint ?? '') !== '';
}

/** Several instances may share an id: the entry is of one of them. */
async function firstThatHolds(
  logs: readonly TransparencyLog[],
  check: (log: TransparencyLog) => Promise<void>,
): Promise<TransparencyLog> {
  let failure: unknown;
  for (const log of logs) {
    try {
      await check(log);
      return log;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function verifyEvidence(entry: LogEntry, log: TransparencyLog): Promise<void> {
  if (entry.promise !== undefined) await checkPromise(entry, entry.promise, log);
  if (entry.proof !== undefined) await checkProof(entry, entry.proof, log);
}

async function checkPromise(entry: LogEntry, promise: Uint8Array, log: TransparencyLog): Promise<void> {
  if (!(await isPromised(entry, promise, log))) throw entryError('has a promise that its log did not sign');
}

/** A proof of an old bundle may come without a checkpoint: it proves nothing then, but must not be wrong. */
async function checkProof({ body }: LogEntry, proof: InclusionProof, log: TransparencyLog): Promise<void> {
  refuseOtherTrees(log);
  const { logIndex, treeSize, rootHash, hashes, checkpoint: note = '' } = proof;
  const head = note === '' ? { size: treeSize, root: rootHash } : parseCheckpoint(note);
  if ('signatures' in head) await verifyCheckpoint(head, log);
  if (head.size !== treeSize || !equalBytes(head.root, rootHash)) {
    throw proofError('inclusion proof is for another tree than its checkpoint');
  }
  const leaf = await leafHash(body);
  if (await isIncluded({ leaf, index: logIndex, size: head.size, hashes, root: head.root })) return;
  throw proofError('inclusion proof does not lead from the entry to the root of its checkpoint');
}

/** A tree that is hashed otherwise is told apart from a proof that is wrong. */
function refuseOtherTrees({ operator, hashAlgorithm = 'SHA2_256' }: TransparencyLog): void {
  if (hashAlgorithm === 'SHA2_256') return;
  throw new VerificationError(
    'ERR_ALGORITHM_UNSUPPORTED',
    `log of ${operator} hashes its tree by ${hashAlgorithm.slice(0, 80)}, expected SHA2_256`,
  );
}
