/** What somebody wants to do. `ping` is the question whether this is a registry, and who asks. */
export type RegistryAction = 'ping' | 'catalog' | 'pull' | 'push' | 'delete';

/** What is to be decided. */
export interface RegistryAuthRequest {
  readonly action: RegistryAction;
  /** Absent for `ping` and `catalog`. */
  readonly repository?: string | undefined;
  /** The header `Authorization`, as it came. */
  readonly authorization: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What was decided. `unauthorized`: who asks did not prove who he is, and `challenge` says how (the header
 * `WWW-Authenticate`). `denied`: it is known who asks, and he may not. `busy`: too many are being checked.
 */
export type RegistryAuthDecision =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'unauthorized'; readonly challenge: string }
  | { readonly outcome: 'denied' }
  | { readonly outcome: 'busy' };

/**
 * Decides who may do what. It is asked for every request but the preflights of browsers, before anything is looked up,
 * and for a mount once more: may he who asks pull from the repository that the blob is in?
 */
export type RegistryAuth = (request: RegistryAuthRequest) => RegistryAuthDecision | Promise<RegistryAuthDecision>;

/** The decision that most have. */
export const allowed: RegistryAuthDecision = /* @__PURE__ */ Object.freeze({ outcome: 'allowed' });
