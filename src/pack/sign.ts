import type { Signer } from '../ports/signer.ts';
import type { OpenLocation } from './pack-location.ts';
import { saidBySignature } from './sign-content.ts';
import { signManifests } from './sign-manifests.ts';
import type { SignPackOptions, SignResult } from './sign-options.ts';

/** Signs a manifest as cosign does: says nothing of it but that somebody signed. */
export async function signPack(location: OpenLocation, signer: Signer, options: SignPackOptions): Promise<SignResult> {
  return signManifests(location, saidBySignature(options.annotations), signer, options);
}
