import type { TransparencyLog } from '../../attest/trust-root.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import { checkpointKeyId, namesFor } from './checkpoint-key.ts';
import type { Checkpoint, NoteSignature } from './checkpoint.ts';
import { logKey } from './log-key.ts';
import { proofError } from './log-error.ts';

/**
 * Checks that a log signed a checkpoint. A key is known by name and key id together (C2SP signed-note): lines of other
 * names or ids, those of witnesses and of keys to come, are ignored. There must be one line of the log's, and every one
 * of them must hold: one that does not shows that the note was tampered with.
 *
 * @throws VerificationError `ERR_LOG_PROOF_INVALID`; `ERR_ALGORITHM_UNSUPPORTED`.
 */
export async function verifyCheckpoint(checkpoint: Checkpoint, log: TransparencyLog): Promise<void> {
  const { origin, text } = checkpoint;
  const names = namesFor(origin, log);
  if (names.length === 0) throw proofError(`checkpoint is of ${quoted(origin)}, expected ${quoted(log.baseUrl)}`);
  const lines: NoteSignature[] = [];
  for (const line of checkpoint.signatures) if (await isOf(line, names, log, origin)) lines.push(line);
  if (lines.length === 0) throw proofError(`checkpoint of ${quoted(origin)} has no signature of that log`);
  const key = logKey(log);
  for (const { signature } of lines) {
    if (await verifySignature(key, signature, { bytes: text })) continue;
    throw proofError(`checkpoint of ${quoted(origin)} has a signature that does not hold`);
  }
}

async function isOf(
  { name, keyId }: NoteSignature,
  names: readonly string[],
  log: TransparencyLog,
  origin: string,
): Promise<boolean> {
  return names.includes(name) && equalBytes(keyId, await checkpointKeyId(log, name, origin));
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 160));
}
