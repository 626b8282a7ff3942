import { toBase64, utf8 } from '../../bytes/encoding.ts';
import { hashOf } from './hash-of.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { bigEndian } from './big-endian.ts';
import type { TestKey } from './test-key.ts';

/** A checkpoint before it is signed (C2SP tlog-checkpoint). */
export interface CheckpointTemplate {
  readonly origin: string;
  /** Decimal digits. */
  readonly size: string;
  readonly root: Uint8Array;
  /** Lines after those three. */
  readonly extensionLines: readonly string[];
  readonly signers: readonly NoteSigner[];
}

/** Who signs a note (C2SP signed-note): a log, or a witness that adds a time. */
export interface NoteSigner {
  readonly name: string;
  /** Four bytes are written of it. */
  readonly keyId: Uint8Array;
  readonly key: TestKey;
  /** A witness signs when it saw the tree, in seconds since 1970 (C2SP tlog-cosignature). */
  readonly cosignedAt?: number | undefined;
}

/** Signs a checkpoint. */
export async function checkpointOf(template: CheckpointTemplate): Promise<string> {
  const { origin, size, root, extensionLines, signers } = template;
  const body = [origin, size, toBase64(root), ...extensionLines, ''].join('\n');
  const lines = await Promise.all(signers.map((signer) => signatureLine(signer, body)));
  return `${body}\n${lines.join('')}`;
}

async function signatureLine({ name, keyId, key, cosignedAt }: NoteSigner, body: string): Promise<string> {
  const id = keyId.subarray(0, 4);
  const blob =
    cosignedAt === undefined
      ? concatBytes([id, await key.sign(utf8(body))])
      : concatBytes([
          id,
          bigEndian(cosignedAt, 8),
          await key.sign(utf8(`cosignature/v1\ntime ${cosignedAt}\n${body}`)),
        ]);
  return `\u2014 ${name} ${toBase64(blob)}\n`;
}

/** The bytes before the key in what a note's key id is the hash of, where it is not that of the key alone. */
const prefixes = { log: Uint8Array.of(1), witness: Uint8Array.of(4) };

/**
 * The whole key id of a log or a witness: for Ed25519 that of C2SP signed-note, for RSA what Rekor makes of it, for
 * ECDSA the SHA-256 of the key as in RFC 6962.
 */
export async function noteKeyId(
  name: string,
  key: TestKey,
  role: 'log' | 'witness' = 'log',
): Promise<Uint8Array<ArrayBuffer>> {
  const named = utf8(`${name}\n`);
  if (key.algorithm === 'PKIX_ED25519')
    return hashOf(concatBytes([named, prefixes[role], key.publicKey.subarray(-32)]));
  if (key.algorithm.includes('RSA')) {
    return hashOf(concatBytes([named, Uint8Array.of(0xff), utf8('PKIX-RSA-PKCS#1v1.5'), key.publicKey]));
  }
  return hashOf(key.publicKey);
}
