import type { DigestAlgorithm } from '../../digest/digest-name.ts';
import { VerificationError } from '../../errors.ts';
import type { SignatureScheme } from '../crypto/key-details.ts';

/** A signed certificate timestamp, read (RFC 6962 section 3.2). */
export interface Sct {
  readonly logId: Uint8Array<ArrayBuffer>;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The same in 8 octets. */
  readonly timestamp: Uint8Array<ArrayBuffer>;
  /** With their length: as they are signed. */
  readonly extensions: Uint8Array<ArrayBuffer>;
  readonly hash: DigestAlgorithm;
  readonly scheme: SignatureScheme;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** The error for a signed certificate timestamp that is there and wrong. */
export function sctError(message: string, cause?: unknown): VerificationError {
  const options = cause === undefined ? {} : { cause };
  return new VerificationError('ERR_SCT_INVALID', `signed certificate timestamp ${message}`, options);
}

// More logs than anybody asks for; each is a signature to check.
const maximumScts = 32;

/**
 * Reads a SignedCertificateTimestampList (RFC 6962 section 3.3), whose lengths must meet exactly.
 *
 * @throws VerificationError `ERR_SCT_INVALID` where it is malformed or empty, or holds more than 32.
 */
export function parseSctList(bytes: Uint8Array<ArrayBuffer>): readonly Sct[] {
  const outer = reader(bytes);
  const list = reader(outer.vector());
  outer.end();
  const scts: Sct[] = [];
  do {
    if (scts.length === maximumScts) throw sctError(`list holds more than ${maximumScts}`);
    scts.push(readSct(list.vector()));
  } while (list.left() > 0);
  return scts;
}

/** HashAlgorithm and SignatureAlgorithm of TLS 1.2 (RFC 5246 section 7.4.1.4.1). */
const hashes: Readonly<Partial<Record<number, DigestAlgorithm>>> = { 4: 'sha256', 5: 'sha384', 6: 'sha512' };
const schemes: Readonly<Partial<Record<number, SignatureScheme>>> = { 1: 'RSASSA-PKCS1-v1_5', 3: 'ECDSA' };

function readSct(bytes: Uint8Array<ArrayBuffer>): Sct {
  const fields = reader(bytes);
  const [version = -1] = fields.take(1);
  if (version !== 0) throw sctError(`has version ${version + 1}, expected 1`);
  const logId = fields.take(32);
  const timestamp = fields.take(8);
  const extensions = fields.vector(true);
  const [hashId = -1, schemeId = -1] = fields.take(2);
  const [hash, scheme] = [hashes[hashId], schemes[schemeId]];
  const signature = fields.vector();
  fields.end();
  if (hash === undefined || scheme === undefined) throw sctError(`has the unknown algorithm ${hashId}, ${schemeId}`);
  // A time beyond the exact numbers is one at which no key is valid.
  const time = timestamp.reduce((sum, octet) => sum * 256 + octet, 0);
  return { logId, time, timestamp, extensions, hash, scheme, signature };
}

interface Reader {
  take(length: number): Uint8Array<ArrayBuffer>;
  /** What follows a length of two octets; with the length itself where it is asked for. */
  vector(whole?: boolean): Uint8Array<ArrayBuffer>;
  left(): number;
  end(): void;
}

function reader(bytes: Uint8Array<ArrayBuffer>): Reader {
  let offset = 0;
  const take = (length: number): Uint8Array<ArrayBuffer> => {
    if (offset + length > bytes.length) throw sctError('ends too early');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  return {
    take,
    vector(whole = false) {
      const start = offset;
      const [high = 0, low = 0] = take(2);
      const value = take(high * 256 + low);
      return whole ? bytes.subarray(start, offset) : value;
    },
    left: () => bytes.length - offset,
    end() {
      if (offset < bytes.length) throw sctError(`is followed by ${bytes.length - offset} octets`);
    },
  };
}
