import { certificateError } from './certificate/certificate-error.ts';
import type { Certificate } from './certificate/certificate.ts';
import { fulcioExtensions, identityOf } from './certificate/fulcio-extensions.ts';
import type { ProvenSigner } from './report.ts';

type Identity = Extract<ProvenSigner, { kind: 'certificate' }>;

const uri = /^[a-z][a-z0-9+.-]*:/i;
const email = /^[^@/:\s]+@[^@/:\s]+$/;

/**
 * Who a certificate says its key belongs to: its one alternative name, and what Fulcio wrote beside it.
 *
 * The name must look like what it is. Else an address that reads like a URI could stand where a policy expects one.
 *
 * @throws VerificationError `ERR_CERTIFICATE_INVALID` for none or several names, another kind of name, no issuer.
 */
export function signerOf(certificate: Certificate): Identity {
  const { kind, value } = identityOf(certificate);
  const looks = uri.test(value) ? 'uri' : email.test(value) ? 'email' : 'other';
  if (kind !== looks)
    throw certificateError(`has the ${kind} name ${JSON.stringify(value.slice(0, 200))}, which is none`);
  const { issuer, extensions } = fulcioExtensions(certificate);
  if (issuer === undefined) throw certificateError('does not say who issued the identity');
  return { kind: 'certificate', identity: value, identityKind: kind, issuer, extensions };
}

/** What tells one signer from another. */
export function nameOfSigner(signer: ProvenSigner): string {
  return signer.kind === 'key' ? signer.keyId : JSON.stringify([signer.identityKind, signer.identity, signer.issuer]);
}

/** A signer as a person reads it. */
export function describeSigner(signer: ProvenSigner): string {
  return signer.kind === 'key' ? `the key ${signer.keyId}` : `${signer.identity} (${signer.issuer})`;
}
