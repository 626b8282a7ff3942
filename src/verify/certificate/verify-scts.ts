import type { TransparencyLog } from '../../attest/trust-root.ts';
import { derTags, readDer } from '../../bytes/der-reader.ts';
import { derElement } from '../../bytes/der-writer.ts';
import { toHex } from '../../bytes/encoding.ts';
import { equalBytes } from '../../bytes/equal-bytes.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { isPackError, VerificationError } from '../../errors.ts';
import { hashBytes } from '../crypto/hash-bytes.ts';
import { parsePublicKey } from '../crypto/public-key.ts';
import { verifySignature } from '../crypto/verify-signature.ts';
import type { Certificate } from './certificate.ts';
import { isWithin } from './check-path.ts';
import { extensionIds } from './known-extensions.ts';
import { parseSctList, sctError, type Sct } from './sct-list.ts';

/** A promise to publish a certificate, by a log that is trusted. */
export interface SctFact {
  readonly operator: string;
  /** SHA-256 of the log's key, in hexadecimal. */
  readonly logId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** What came of the signed certificate timestamps in a certificate. */
export interface SctFacts {
  /** The first of each operator. */
  readonly found: readonly SctFact[];
  /** Those by logs that nobody trusts here: they count for nothing. */
  readonly ignored: readonly Omit<SctFact, 'operator'>[];
}

/**
 * Checks the signed certificate timestamps that are embedded in a leaf (RFC 6962 section 3.2): every one by a log that is
 * trusted must hold, with a key that was good at its time. A leaf without any gives no facts.
 *
 * @throws VerificationError `ERR_SCT_INVALID` where the list or one of a trusted log is wrong.
 */
export async function verifyScts(
  leaf: Certificate,
  issuer: Certificate,
  ctLogs: readonly TransparencyLog[],
): Promise<SctFacts> {
  const extension = leaf.extensions.find(({ oid }) => oid === extensionIds.scts);
  if (extension === undefined) return { found: [], ignored: [] };
  const certificate = await precertificateOf(leaf, issuer);
  const found = new Map<string, SctFact>();
  const ignored: Omit<SctFact, 'operator'>[] = [];
  for (const sct of readList(extension.value)) {
    const fact = { logId: toHex(sct.logId), time: sct.time };
    const logs = ctLogs.filter(({ logId }) => equalBytes(logId, sct.logId));
    if (logs.length === 0) ignored.push(fact);
    else {
      const { operator } = await verifySct(sct, certificate, logs);
      if (!found.has(operator)) found.set(operator, { operator, ...fact });
    }
  }
  return { found: [...found.values()], ignored };
}

function readList(value: Uint8Array): readonly Sct[] {
  try {
    return parseSctList(readDer(value, derTags.octetString).value);
  } catch (cause) {
    if (!isPackError(cause) || cause instanceof VerificationError) throw cause;
    throw sctError('list is malformed', cause);
  }
}

/** The part of `digitally-signed` that is the same for every log: entry type, hash of the issuer's key, TBS. */
async function precertificateOf(leaf: Certificate, issuer: Certificate): Promise<Uint8Array<ArrayBuffer>> {
  const tbs = withoutScts(leaf);
  const { length } = tbs;
  return concatBytes([
    Uint8Array.of(0, 1),
    await hashBytes(issuer.publicKey, 'sha256'),
    Uint8Array.of(length >> 16, (length >> 8) & 0xff, length & 0xff),
    tbs,
  ]);
}

/** The TBSCertificate as it was before the list was put in. */
function withoutScts({ tbs, extensions }: Certificate): Uint8Array<ArrayBuffer> {
  const rest = extensions.filter(({ oid }) => oid !== extensionIds.scts).map(({ node }) => node.bytes);
  const fields = tbs.children.slice(0, -1).map(({ bytes }) => bytes);
  const list = rest.length === 0 ? [] : [derElement(0xa3, derElement(derTags.sequence, ...rest))];
  return derElement(derTags.sequence, ...fields, ...list);
}

async function verifySct(
  sct: Sct,
  certificate: Uint8Array,
  logs: readonly TransparencyLog[],
): Promise<TransparencyLog> {
  // One key may be listed with several periods.
  const log = logs.find(({ publicKey }) => isWithin(publicKey.validFor, sct.time));
  if (log === undefined) throw sctError('is of a time at which the key of its log was not valid');
  const key = parsePublicKey(log.publicKey.bytes, log.publicKey.details);
  // RFC 6962 section 2.1.4: SHA-256 for keys of every kind; some logs use the hash that such a key has elsewhere.
  const fits = key.scheme === sct.scheme && (sct.hash === 'sha256' || sct.hash === key.hash);
  if (!fits) throw sctError('is signed by another algorithm than its log');
  const signed = concatBytes([Uint8Array.of(0, 0), sct.timestamp, certificate, sct.extensions]);
  if (await verifySignature({ ...key, hash: sct.hash }, sct.signature, { bytes: signed })) return log;
  throw sctError('was not signed by its log over this certificate and its issuer');
}
