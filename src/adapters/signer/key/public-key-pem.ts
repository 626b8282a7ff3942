import { formatPem } from '../../../bytes/pem.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { SigningKey } from '../../../ports/signer.ts';

/** The public part of a signing key in PEM (`PUBLIC KEY`, RFC 7468 section 13): what verifiers are given. */
export async function exportPublicKeyPem(key: SigningKey, options?: OperationOptions): Promise<string> {
  return formatPem('PUBLIC KEY', await key.publicKey(options));
}
