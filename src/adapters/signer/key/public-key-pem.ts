import { toBase64 } from '../../../bytes/encoding.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { SigningKey } from '../../../ports/signer.ts';

/** The public part of a signing key in PEM (`PUBLIC KEY`, RFC 7468 section 13): what verifiers are given. */
export async function exportPublicKeyPem(key: SigningKey, options?: OperationOptions): Promise<string> {
  return formatPem('PUBLIC KEY', await key.publicKey(options));
}

/** One block of PEM, in lines of 64 characters. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
