import { parseIdentityToken, tokenError, type IdentityToken } from './identity-token.ts';
import type { IdentityTokenProvider } from './token-provider.ts';

/** Whose token to take, and for whom. */
export interface TokenSource {
  readonly identityToken: string | IdentityTokenProvider;
  /** `sigstore` by default. */
  readonly audience?: string | undefined;
}

/**
 * Takes the token that was given, or asks for one, and reads it.
 *
 * @throws SigningError `ERR_IDENTITY_TOKEN`; what a provider throws is let through.
 */
export async function takeToken(
  { identityToken, audience = 'sigstore' }: TokenSource,
  now: number,
  signal: AbortSignal | undefined,
): Promise<IdentityToken> {
  const text = typeof identityToken === 'function' ? await identityToken({ audience, signal }) : identityToken;
  signal?.throwIfAborted();
  if (typeof text !== 'string') throw tokenError('is not text');
  return parseIdentityToken(text, { now, audience });
}
