import { derCursor, derTags, readDer, type DerCursor } from '../../bytes/der-reader.ts';
import { booleanOf, integerOf, oidOf, timeOf } from '../../bytes/der-values.ts';
import type { DigestAlgorithm } from '../../digest/digest-name.ts';
import { hashAlgorithmOf } from '../crypto/signature-algorithm.ts';
import { timestampError } from './timestamp-error.ts';

/** What a timestamp authority says: that bytes with this digest were there at this time (RFC 3161 section 2.4.2). */
export interface TstInfo {
  readonly hash: DigestAlgorithm;
  readonly imprint: Uint8Array;
  /** In milliseconds since 1970; fractions are kept. */
  readonly time: number;
  /** What the request said, so that an old answer is not taken for a new one. Whoever asked compares it. */
  readonly nonce: bigint | undefined;
}

/** Reads a TSTInfo of version 1. Nothing in it is believed before the signature of the token is. */
export function parseTstInfo(bytes: Uint8Array): TstInfo {
  const cursor = derCursor(readDer(bytes, derTags.sequence));
  const version = integerOf(cursor.expect(derTags.integer));
  if (version !== 1n) throw timestampError(`is of version ${version}, expected 1`);
  cursor.expect(derTags.oid);
  const imprint = derCursor(cursor.expect(derTags.sequence));
  const hash = hashAlgorithmOf(imprint.expect(derTags.sequence));
  const digest = imprint.expect(derTags.octetString).value;
  imprint.end();
  cursor.expect(derTags.integer);
  const time = timeOf(cursor.expect(derTags.generalizedTime), { fraction: true });
  return { hash, imprint: digest, time, nonce: readRest(cursor) };
}

/**
 * Gives the nonce. Accuracy, ordering and the name of the authority change nothing here: the time is the one that is
 * written, and who signed is said by the certificate. An extension that must be understood is refused, for none is.
 */
function readRest(cursor: DerCursor): bigint | undefined {
  cursor.optional(derTags.sequence);
  cursor.optional(derTags.boolean);
  const nonce = cursor.optional(derTags.integer);
  cursor.optional(0xa0);
  const extensions = cursor.optional(0xa1);
  cursor.end();
  for (const node of extensions?.children ?? []) {
    const extension = derCursor(node);
    const name = oidOf(extension.expect(derTags.oid));
    const critical = extension.optional(derTags.boolean);
    if (critical !== undefined && booleanOf(critical)) throw timestampError(`has the critical extension ${name}`);
  }
  return nonce === undefined ? undefined : integerOf(nonce);
}
