import type { TrustRoot } from '../../../attest/trust-root.ts';
import { toBase64 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { formatPem, parsePem } from '../../../bytes/pem.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import type { ProvenSigner } from '../../../verify/report.ts';
import { checkIssued } from './check-issued.ts';
import type { ExpectedIdentity } from './expected-identity.ts';
import type { IdentityToken } from './identity-token.ts';
import {
  answeredJson,
  answerError,
  askService,
  believing,
  endpoint,
  memberOf,
  type ServiceRequest,
} from './service.ts';

/** What a certificate is asked for with. */
export interface CertificateRequest {
  /** The base URL of the certificate authority. */
  readonly authority: string;
  readonly token: IdentityToken;
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** A signature over the token's challenge by that key: whoever sends the token has the key, too. */
  readonly proof: Uint8Array;
  readonly trust: TrustRoot;
  readonly expected: ExpectedIdentity | undefined;
  /** Whether a log of certificates must have promised to publish it. */
  readonly sct: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A certificate for a key, checked. */
export interface IssuedCertificate {
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly signer: Extract<ProvenSigner, { kind: 'certificate' }>;
  /** The time by which it is valid, where our clock is a little behind that of its authority. Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Asks Fulcio for a certificate, and believes it only where it is of this key and this identity, issued by an authority
 * of the trust root, published, and valid now.
 *
 * @throws SigningError `ERR_CERTIFICATE_REQUEST`; `ERR_IDENTITY_TOKEN` where Fulcio does not accept the token.
 * @see https://github.com/sigstore/fulcio/blob/v1.8.0/fulcio.proto
 */
export async function requestCertificate(client: HttpClient, asked: CertificateRequest): Promise<IssuedCertificate> {
  const { authority, token, signal } = asked;
  const request: ServiceRequest = {
    url: endpoint(authority, '/api/v2/signingCert'),
    name: 'certificate authority',
    code: 'ERR_CERTIFICATE_REQUEST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    content: JSON.stringify(bodyOf(asked)),
    secrets: [token.text],
    signal,
  };
  const answer = answeredJson(await askService(client, request), request);
  const certificate = await believing(request, () => parsePem(leafOf(answer, request), 'CERTIFICATE'));
  return believing(request, () => checkIssued(certificate, asked, client.clock.now()));
}

function bodyOf({ token, publicKey, proof }: CertificateRequest): JsonValue {
  return {
    credentials: { oidcIdentityToken: token.text },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: formatPem('PUBLIC KEY', publicKey) },
      proofOfPossession: toBase64(proof),
    },
  };
}

/** The certificates above it are of no use: whom to believe is in the trust root, and a bundle holds the leaf alone. */
function leafOf(answer: JsonValue, request: ServiceRequest): string {
  for (const form of ['signedCertificateEmbeddedSct', 'signedCertificateDetachedSct']) {
    const chain = memberOf(answer, form, 'chain', 'certificates');
    const leaf = Array.isArray(chain) ? (chain as readonly JsonValue[])[0] : undefined;
    if (typeof leaf === 'string') return leaf;
  }
  throw answerError(request, 'has no certificate');
}
