import type { Digest } from '../digest/digest-name.ts';

/**
 * What must be proven before an artifact is believed. Data: it can be stored, sent and read by people
 * (`docs/policy.schema.json`). Nothing is allowed that is not named here, and there is no default for `signers`.
 */
export interface Policy {
  readonly version: 1;
  readonly demand?: Demand | undefined;
  readonly signers: SignerRules;
  /**
   * What must be stated, one of these. Left out, only what says no more than "I signed this" counts: a signature over
   * the artifact itself, or a statement of the type `https://sigstore.dev/cosign/sign/v1`. Given, only statements that
   * match count. `[{ unsafeAnyPredicate: true }]` takes every statement about the artifact, and signatures too.
   */
  readonly predicates?: readonly PredicateRule[] | undefined;
  /** Digests that the artifact may have; any where it is left out. */
  readonly digests?: readonly Digest[] | undefined;
}

/**
 * The evidence that must be present, counted by operator. For certificates one of each by default; for a key none by
 * default. What is said here is asked of both, but for `sct`, as only a certificate can have one. Neither the bundle nor
 * a trust root that lists none relaxes it.
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
  /** Asks for no proven time: where there is none, a certificate's validity is checked against the clock. */
  readonly unsafeNoTime?: boolean | undefined;
}

/** Who may sign, and how many of them must have. */
export interface SignerRules {
  /**
   * Different signers that are needed; 1 by default. One identity of one issuer is one signer, and so is one key,
   * whatever number of bundles and rules it matches. Two identities that match one pattern are two.
   */
  readonly threshold?: number | undefined;
  readonly anyOf: readonly SignerRule[];
}

/** One signer that counts. */
export type SignerRule = KeyRule | IdentityRule | UnsafeAnyIdentity;

/** Every identity that a trusted authority certified. Whoever can log in there can sign. */
export interface UnsafeAnyIdentity {
  readonly unsafeAnyIdentity: true;
}

/** A key that counts. */
export interface KeyRule {
  /** SubjectPublicKeyInfo in PEM. */
  readonly key: string;
  /** Only bundles whose hint is this, where it is said. */
  readonly hint?: string | undefined;
  /** When the key was good, RFC 3339; a closed interval. Needs a proven time. */
  readonly validFor?: KeyValidity | undefined;
  /** What the bundle's signature is by; from the key where it is left out. `PKIX_RSA_PSS_3072_SHA256` for example. */
  readonly details?: string | undefined;
}

/** A closed interval in RFC 3339. One of the two is there at least. */
export interface KeyValidity {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

/** An identity that counts: what a certificate authority proved of who signed. */
export interface IdentityRule {
  readonly identity: TextRule;
  readonly issuer: TextRule;
  /** Extensions of Fulcio by name (`sourceRepositoryURI`) or object identifier. */
  readonly extensions?: Readonly<Record<string, TextRule>> | undefined;
}

/**
 * A text that must be equal; or a regular expression (ECMAScript, flag `u`) that must match all of it. A pattern has at
 * most 1,024 characters, and texts of more than 2,048 match none. A pattern that backtracks without end hangs whoever
 * trusts the policy: it is as trusted as code.
 */
export type TextRule = string | TextPattern;

/** A regular expression that must match a whole text: it is anchored at both ends, whatever it says. */
export interface TextPattern {
  readonly pattern: string;
}

/** A statement that counts. */
export type PredicateRule = StatementRule | UnsafeAnyPredicate;

/** Every statement about the artifact counts, also one that warns of it, and every signature. */
export interface UnsafeAnyPredicate {
  readonly unsafeAnyPredicate: true;
}

/** A statement of a type, and what must stand in it. */
export interface StatementRule {
  readonly type: string;
  /** The name that the statement gives to the artifact. */
  readonly subject?: TextRule | undefined;
  /** Members of the predicate itself that must be texts like these: `{ name: 'left-pad' }`. */
  readonly members?: Readonly<Record<string, TextRule>> | undefined;
  /** The builder of an SLSA provenance. */
  readonly builder?: TextRule | undefined;
  /**
   * The repository that an SLSA provenance was built from, `https://github.com/owner/name`. Where the certificate names
   * its source repository, too, the two must be the same.
   */
  readonly source?: TextRule | undefined;
  readonly buildType?: TextRule | undefined;
  /** The external parameters that a provenance may have; any other refuses it. */
  readonly externalParameters?: readonly string[] | undefined;
}
