import { checkOptions } from '../bytes/check-options.ts';
import type { Signer } from '../ports/signer.ts';
import type { OpenLocation } from './pack-location.ts';
import { saidByAttestation } from './sign-content.ts';
import { signManifests } from './sign-manifests.ts';
import type { Attestation, AttestPackOptions, SignResult } from './sign-options.ts';

/** Signs a statement about a manifest. */
export async function attestPack(
  location: OpenLocation,
  attestation: Attestation,
  signer: Signer,
  options: AttestPackOptions,
): Promise<SignResult> {
  checkOptions('attestation', attestation, ['predicateType', 'predicate']);
  return signManifests(location, saidByAttestation(attestation), signer, options);
}
