import type { SigningConfig } from '../../../attest/signing-config.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import type { ExpectedIdentity } from './expected-identity.ts';
import type { IdentityTokenProvider } from './token-provider.ts';

/** Whose token signs, and who vouches for it: what both signers without a key take. */
export interface IdentitySigningOptions {
  /** What `parseSigningConfig` gives. */
  readonly signingConfig: SigningConfig;
  /** What `parseTrustRoot` gives. */
  readonly trust: TrustRoot;
  /** A token of OpenID Connect, or what gets one each time that something is signed: they are good for minutes. */
  readonly identityToken: string | IdentityTokenProvider;
  /** What the token must be for; `sigstore` by default. */
  readonly audience?: string | undefined;
  /** Exactly whom the certificate must name; whoever the token is of by default. */
  readonly identity?: ExpectedIdentity | undefined;
  /** Takes a certificate that no log of certificates published, where a private authority has none. */
  readonly unsafeNoSct?: boolean | undefined;
  /** Sends the token to a certificate authority over http, on hosts other than this machine too. */
  readonly unsafePlainHttp?: boolean | undefined;
}

/** The names of {@link IdentitySigningOptions}. */
export const identitySigningNames: readonly string[] = [
  'signingConfig',
  'trust',
  'identityToken',
  'audience',
  'identity',
  'unsafeNoSct',
  'unsafePlainHttp',
];
