/** What proves to a registry who asks. */
export type Credential = PasswordCredential | RefreshTokenCredential | BearerTokenCredential;

/** A name with a password or an access token: sent as Basic, or traded for a token where the registry asks for that. */
export interface PasswordCredential {
  readonly kind: 'password';
  readonly username: string;
  readonly password: string;
}

/** An OAuth 2 refresh token, Docker's `identitytoken`: traded for a token, never sent to the registry itself. */
export interface RefreshTokenCredential {
  readonly kind: 'refresh-token';
  readonly token: string;
}

/** A token that the registry takes as it is, Docker's `registrytoken`. */
export interface BearerTokenCredential {
  readonly kind: 'bearer-token';
  readonly token: string;
}

/** What a credential is wanted for. */
export interface CredentialRequest {
  /** The registry as references name it, in lower case, with its port where it has one: `registry.example:5000`. */
  readonly host: string;
  /** The repository that is asked for, where there is one: podman binds credentials to paths. */
  readonly repository?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the credential for exactly one host, and never one that was made for another. undefined where there is none:
 * the registry is asked without.
 */
export type CredentialProvider = (
  request: CredentialRequest,
) => Credential | undefined | Promise<Credential | undefined>;
