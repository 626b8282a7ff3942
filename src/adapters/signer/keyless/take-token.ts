import { isPackError } from '../../../errors.ts';
import { parseIdentityToken, tokenError, type IdentityToken } from './identity-token.ts';
import type { IdentityTokenProvider, IdentityTokenRequest } from './token-provider.ts';

/** Whose token to take, and for whom. */
export interface TokenSource {
  readonly identityToken: string | IdentityTokenProvider;
  /** `sigstore` by default. */
  readonly audience?: string | undefined;
}

/**
 * Takes the token that was given, or asks for one, and reads it.
 *
 * @throws SigningError `ERR_IDENTITY_TOKEN`, also where a provider throws something that is not ours.
 */
export async function takeToken(
  { identityToken, audience = 'sigstore' }: TokenSource,
  now: number,
  signal: AbortSignal | undefined,
): Promise<IdentityToken> {
  const text =
    typeof identityToken === 'function' ? await provided(identityToken, { audience, signal }) : identityToken;
  signal?.throwIfAborted();
  if (typeof text !== 'string') throw tokenError('is not text');
  return parseIdentityToken(text, { now, audience });
}

/** What somebody else's code says goes no further than the cause: it may hold the token. */
async function provided(provider: IdentityTokenProvider, request: IdentityTokenRequest): Promise<unknown> {
  try {
    return await provider(request);
  } catch (cause) {
    request.signal?.throwIfAborted();
    if (isPackError(cause)) throw cause;
    throw tokenError('could not be had', { cause });
  }
}
