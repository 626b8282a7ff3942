import { fromBase64, utf8 } from '../../bytes/encoding.ts';
import { proofError } from './log-error.ts';

/** A signed tree head, read: nothing in it is believed before a signature is checked (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array<ArrayBuffer>;
  /** What the signatures are over: the text with its last newline. */
  readonly text: Uint8Array<ArrayBuffer>;
  readonly signatures: readonly NoteSignature[];
}

/** One signature line of a signed note. */
export interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

// The specification asks for room for 16 signatures, each of them up to some 5 kB.
const maximumLength = 131_072;
const maximumSignatures = 64;

/**
 * Reads a checkpoint: C2SP signed-note and tlog-checkpoint. Signatures are not checked.
 *
 * @throws VerificationError `ERR_LOG_PROOF_INVALID` where it is malformed or beyond 128 KiB or 64 signatures.
 */
export function parseCheckpoint(envelope: string): Checkpoint {
  const end = envelope.lastIndexOf('\n\n') + 1;
  if (envelope.length > maximumLength) throw malformed(`has more than ${maximumLength} characters`);
  if (end === 0 || !envelope.endsWith('\n')) throw malformed('is not a text, an empty line and signature lines');
  if (/[\0-\x09\x0b-\x1f]/.test(envelope) || !envelope.isWellFormed()) throw malformed('holds a control character');
  const text = envelope.slice(0, end);
  const lines = envelope.slice(end + 1, -1).split('\n');
  if (lines.length > maximumSignatures) throw malformed(`has more than ${maximumSignatures} signatures`);
  return { ...parseText(text), text: utf8(text), signatures: lines.map(parseSignature) };
}

function parseText(text: string): Pick<Checkpoint, 'origin' | 'size' | 'root'> {
  const lines = text.slice(0, -1).split('\n');
  const [origin = '', size = '', rootText = ''] = lines;
  const root = fromBase64(rootText);
  if (lines.includes('')) throw malformed('has an empty line in its text');
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size)) throw malformed(`has no tree size in its second line`);
  if (root?.length !== 32) throw malformed('has no root hash of 32 bytes in its third line');
  return { origin, size: BigInt(size), root };
}

/** A key name has no white space and no plus; a signature follows the four bytes of its key id. */
function parseSignature(line: string): NoteSignature {
  const [, name = '', base64 = ''] = /^\u2014 ([^\p{White_Space}+]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? [];
  const bytes = fromBase64(base64);
  if (bytes === undefined || bytes.length < 5) throw malformed('has a malformed signature line');
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

function malformed(what: string): Error {
  return proofError(`checkpoint ${what}`);
}
