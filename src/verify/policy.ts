import type { Digest } from '../digest/digest.ts';

/**
 * What must be proven before an artifact is believed. Data: it can be stored, sent and read by people. Nothing is
 * allowed that is not named here, and there is no default for `signers`.
 */
export interface Policy {
  readonly version: 1;
  readonly demand?: Demand | undefined;
  readonly signers: SignerRules;
  /** What must be stated, one of these. Without it a signature counts, and a statement that is one (cosign's `sign/v1`). */
  readonly predicates?: readonly PredicateRule[] | undefined;
  /** Digests that the artifact may have; any where it is left out. */
  readonly digests?: readonly Digest[] | undefined;
}

/**
 * The evidence that must be present, counted by operator. For certificates one of each by default; for a key none by
 * default. Neither the bundle nor a trust root that lists none relaxes it.
 */
export interface Demand {
  /** Signed certificate timestamps of different operators; 1 or more. */
  readonly sct?: number | undefined;
  /** Transparency logs of different operators; 1 or more. */
  readonly log?: number | undefined;
  /** Proven times of different operators, by a log's promise or by a timestamp authority; 1 or more. */
  readonly time?: number | undefined;
  /** Timestamp authorities of different operators; 0 by default. */
  readonly timestamp?: number | undefined;
  /** Asks for no signed certificate timestamp. Whoever steals the authority's key can then issue in secret. */
  readonly unsafeNoSct?: boolean | undefined;
  /** Asks for no log. Misuse of an identity then leaves no trace. */
  readonly unsafeNoLog?: boolean | undefined;
  /** Asks for no proven time: a certificate's validity is then checked against the clock. */
  readonly unsafeNoTime?: boolean | undefined;
}

/** Who may sign, and how many of them must have. */
export interface SignerRules {
  /** Different signers that are needed; 1 by default. */
  readonly threshold?: number | undefined;
  readonly anyOf: readonly SignerRule[];
}

/** One signer that counts. */
export type SignerRule = KeyRule | IdentityRule | { readonly unsafeAnyIdentity: true };

/** A key that counts. */
export interface KeyRule {
  /** SubjectPublicKeyInfo in PEM. */
  readonly key: string;
  /** Only bundles whose hint is this, where it is said. */
  readonly hint?: string | undefined;
  /** When the key was good, RFC 3339; a closed interval. Needs a proven time. */
  readonly validFor?: { readonly start?: string | undefined; readonly end?: string | undefined } | undefined;
  /** What the bundle's signature is by; from the key where it is left out. `PKIX_RSA_PSS_3072_SHA256` for example. */
  readonly details?: string | undefined;
}

/** An identity that counts: what a certificate authority proved of who signed. */
export interface IdentityRule {
  readonly identity: TextRule;
  readonly issuer: TextRule;
  /** Extensions of Fulcio by name (`sourceRepositoryURI`) or object identifier. */
  readonly extensions?: Readonly<Record<string, TextRule>> | undefined;
}

/** A text that must be equal; or a regular expression that must match all of it. */
export type TextRule = string | { readonly pattern: string };

/** A statement that counts. */
export interface PredicateRule {
  readonly type: string;
  /** The builder of an SLSA provenance. */
  readonly builder?: TextRule | undefined;
  /** The repository that an SLSA provenance was built from. */
  readonly source?: TextRule | undefined;
  readonly buildType?: TextRule | undefined;
  /** The external parameters that a provenance may have; any other refuses it. */
  readonly externalParameters?: readonly string[] | undefined;
}
