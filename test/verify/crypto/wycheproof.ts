import { fromHex } from '../../../src/bytes/encoding.ts';
import { digestOf, type DigestAlgorithm } from '../../../src/digest/digest.ts';
import { verifyBytes } from '../../../src/verify/crypto/prehash.ts';
import { parsePublicKey, type PublicKey } from '../../../src/verify/crypto/public-key.ts';
import { verifySignature, type SignedMessage } from '../../../src/verify/crypto/verify-signature.ts';

/** A file of the Wycheproof suite, as far as it is needed. */
export interface WycheproofFile {
  readonly schema: string;
  readonly testGroups: readonly WycheproofGroup[];
}

interface WycheproofGroup {
  readonly publicKeyDer: string;
  readonly sha?: string;
  readonly sLen?: number;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly msg: string;
    readonly sig: string;
    readonly result: 'valid' | 'acceptable' | 'invalid';
  }[];
}

/** What came of the vectors of a file. */
export interface WycheproofOutcome {
  readonly vectors: number;
  /** Those that were decided otherwise than the file says, or with an error. */
  readonly wrong: readonly string[];
  /** What was said of those that may be accepted or not. */
  readonly acceptable: readonly string[];
}

const schemes: Readonly<Record<string, PublicKey['scheme']>> = {
  ecdsa_verify_schema_v1: 'ECDSA',
  ecdsa_p1363_verify_schema_v1: 'ECDSA',
  eddsa_verify_schema_v1: 'Ed25519',
  rsassa_pkcs1_verify_schema_v1: 'RSASSA-PKCS1-v1_5',
  rsassa_pss_verify_schema_v1: 'RSA-PSS',
};

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error('vector is not hexadecimal');
  return bytes;
}

/** The DER that says the same as r || s, of any lengths: what a program would make that has them apart. */
function derOf(signature: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = signature.length / 2;
  const numbers = [signature.subarray(0, half), signature.subarray(half)].map((number) => {
    const first = number.findIndex((octet) => octet !== 0);
    const digits = first < 0 ? [0] : [...number.subarray(first)];
    return valueOf(0x02, (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits);
  });
  return Uint8Array.from(valueOf(0x30, numbers.flat()));
}

function valueOf(tag: number, value: readonly number[]): number[] {
  const { length } = value;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...(length < 0x80 ? [length] : long), ...value];
}

/**
 * What is checked for a vector of r || s. We take DER alone, so one of an odd or other length than the curve's cannot
 * come to us: the length is what such a vector is about, and there is no DER that has it.
 */
function p1363(signature: Uint8Array, key: PublicKey): Uint8Array | undefined {
  const size = { 'P-256': 64, 'P-384': 96, 'P-521': 132 }[key.kind as string];
  return signature.length === size ? derOf(signature) : undefined;
}

/** By the platform, from a digest, or without the platform. */
export type WycheproofWay = 'bytes' | 'digest' | 'portable';

async function decide(key: PublicKey, given: Uint8Array, bytes: Uint8Array, way: WycheproofWay): Promise<unknown> {
  try {
    if (way === 'portable') return given.length === 64 && verifyBytes(key, given, bytes);
    const message: SignedMessage = way === 'bytes' ? { bytes } : { digest: digestOf(bytes, key.hash) };
    return await verifySignature(key, given, message);
  } catch (error) {
    return String(error);
  }
}

/** Decides every vector of a file. */
export async function judgeWycheproof(file: WycheproofFile, way: WycheproofWay): Promise<WycheproofOutcome> {
  const name = file.schema.replace('.json', '');
  const wrong: string[] = [];
  const acceptable: string[] = [];
  let vectors = 0;
  for (const group of file.testGroups) {
    const hash = (group.sha ?? 'SHA-512').replace('SHA-', 'sha') as DigestAlgorithm;
    const parsed = parsePublicKey(bytesOf(group.publicKeyDer));
    const scheme = schemes[name] ?? 'ECDSA';
    const key = { ...parsed, hash, scheme, ...(group.sLen === undefined ? {} : { saltLength: group.sLen }) };
    for (const vector of group.tests) {
      vectors += 1;
      const given = name === 'ecdsa_p1363_verify_schema_v1' ? p1363(bytesOf(vector.sig), key) : bytesOf(vector.sig);
      const said = given === undefined ? false : await decide(key, given, bytesOf(vector.msg), way);
      if (vector.result === 'acceptable') acceptable.push(`${vector.tcId} ${vector.comment}: ${String(said)}`);
      else if (said !== (vector.result === 'valid')) wrong.push(`${vector.tcId} ${vector.comment}: ${String(said)}`);
    }
  }
  return { vectors, wrong, acceptable };
}
