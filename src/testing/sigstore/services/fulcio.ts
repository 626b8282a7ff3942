import { fromBase64, utf8 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { parsePem } from '../../../bytes/pem.ts';
import { parsePublicKey } from '../../../verify/crypto/public-key.ts';
import { verifySignature } from '../../../verify/crypto/verify-signature.ts';
import { pemOf } from '../pem-of.ts';
import { issueCertificate, openSigning } from '../sign-bundle.ts';
import type { SignOptions } from '../sign-options.ts';
import type { TestIssuer } from '../test-issuer.ts';
import type { Inside } from '../test-sigstore.ts';
import { bodyOf, refusal, textAt, type Handler } from './answers.ts';
import { checkToken, type Claims } from './check-token.ts';

/** The certificate authority: a certificate for whoever has a token and signs its subject with the key. */
export function fulcioHandler({ world, clock }: Inside, issuer: TestIssuer): Handler {
  return async (request) => {
    const body = await bodyOf(request);
    const claims = await checkToken(textAt(body, 'credentials.oidcIdentityToken'), issuer, clock());
    if (claims === undefined) return refusal(400, 'There was an error processing the identity token');
    const key = await provenKey(body, claims.email ?? claims.sub ?? '');
    if (key === undefined) return refusal(400, 'The signature supplied in the request could not be verified');
    const signing = openSigning(world, { ...signerOf(claims), artifact: new Uint8Array() }, clock());
    const leaf = await issueCertificate(signing, { publicKey: key });
    const certificates = [leaf, ...world.authority.chain].map((der) => pemOf('CERTIFICATE', der));
    return Response.json({ signedCertificateEmbeddedSct: { chain: { certificates } } });
  };
}

/** The key, where whoever asks has it. */
async function provenKey(body: JsonValue, challenge: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const publicKey = parsePem(textAt(body, 'publicKeyRequest.publicKey.content'), 'PUBLIC KEY');
  const proof = fromBase64(textAt(body, 'publicKeyRequest.proofOfPossession')) ?? new Uint8Array();
  const proven = await verifySignature(parsePublicKey(publicKey), proof, { bytes: utf8(challenge) });
  return proven ? publicKey : undefined;
}

/** Whom a certificate names: an address, the workflow of a token of GitHub, a URI, or a user of the issuer. */
function signerOf({ iss: issuer = '', sub = '', email, job_workflow_ref: workflow }: Claims): SignOptions {
  if (email !== undefined) return { issuer, identity: { kind: 'email', value: email } };
  const extensions = { tokenSubject: sub };
  if (workflow !== undefined) return { issuer, extensions, identity: `https://github.com/${workflow}` };
  if (sub.includes('://')) return { issuer, extensions, identity: sub };
  return { issuer, extensions, identity: { kind: 'other', value: `${sub}!${new URL(issuer).hostname}` } };
}
