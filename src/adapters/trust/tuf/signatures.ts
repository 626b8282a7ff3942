import { fromHex, toHex } from '../../../bytes/encoding.ts';
import { isPackError, TrustError } from '../../../errors.ts';
import { verifySignature } from '../../../verify/crypto/verify-signature.ts';
import type { TufDocument } from './document.ts';
import { publicKeyOf } from './public-key.ts';
import type { RoleKeys, TufKey } from './role-keys.ts';

/**
 * Checks that enough of those who may sign have signed. Keys are counted, not ids or signatures: one key under two ids
 * counts once. A signature that is wrong, and a key that cannot be used, count for nothing.
 *
 * @throws TrustError `ERR_TUF_SIGNATURE`.
 */
export async function checkSignatures(
  name: string,
  document: TufDocument,
  { keys, threshold }: RoleKeys,
): Promise<void> {
  const signers = new Set<string>();
  const problems: string[] = [];
  for (const { keyId, value } of document.signatures) {
    const key = keys.get(keyId);
    if (key === undefined || signers.size >= threshold) continue;
    const signer = await signerOf(key, value, document.payload, problems);
    if (signer !== undefined) signers.add(signer);
  }
  if (signers.size >= threshold) return;
  throw new TrustError(
    'ERR_TUF_SIGNATURE',
    `${name} is signed by ${signers.size} of ${threshold} keys that must sign it`,
    {
      hint: problems[0] === undefined ? undefined : `a signature was not counted: ${problems[0]}`,
      details: { signed: signers.size, threshold, problems },
    },
  );
}

/** What tells the key apart from others; undefined where the signature is not by it. */
async function signerOf(
  key: TufKey,
  signature: string,
  payload: Uint8Array,
  problems: string[],
): Promise<string | undefined> {
  const bytes = fromHex(signature);
  if (bytes === undefined || bytes.length === 0) return undefined;
  try {
    const publicKey = publicKeyOf(key);
    return (await verifySignature(publicKey, bytes, { bytes: payload })) ? toHex(publicKey.spki) : undefined;
  } catch (error) {
    if (!isPackError(error)) throw error;
    problems.push(error.message);
    return undefined;
  }
}
