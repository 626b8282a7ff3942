import type { JsonValue } from '../bytes/json.ts';
import type { Digest } from '../digest/digest-name.ts';
import type { PackErrorCode } from '../errors.ts';

/** What was looked at, in the order in which it is; the artifact of a statement after the signature. */
export type CheckName =
  | 'bundle'
  | 'artifact'
  | 'timestamp'
  | 'time'
  | 'certificate'
  | 'sct'
  | 'signature'
  | 'log'
  | 'signer'
  | 'predicate'
  | 'provenance';

/** One thing that was looked at, what came of it, and what it was about. */
export interface Check {
  readonly name: CheckName;
  /** `ignored`: there, but of a log or authority that nobody trusts here; it counts for nothing. */
  readonly outcome: 'passed' | 'failed' | 'ignored' | 'not-checked';
  /** Why it failed or was ignored. */
  readonly code?: PackErrorCode;
  /** One sentence for a person. */
  readonly message: string;
  /** The section of the specification that was followed. */
  readonly spec: string;
  /** What the check saw, as data. */
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** Who signed, as far as it was proven. Text stands for itself; nothing in it is a pattern. */
export type ProvenSigner =
  | {
      readonly kind: 'certificate';
      readonly identity: string;
      readonly identityKind: 'email' | 'uri' | 'other';
      readonly issuer: string;
      /** Extensions of Fulcio by name, `sourceRepositoryURI` for example; by object identifier where it has no name. */
      readonly extensions: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'key';
      /** SHA-256 of the key's SubjectPublicKeyInfo. */
      readonly keyId: Digest;
    };

/** One time that was proven, and by whom. */
export interface ProvenTime {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly source: 'log' | 'timestamp';
  readonly operator: string;
}

/** What one bundle proved. */
export interface BundleReport {
  readonly verdict: 'passed' | 'failed';
  /** The first check that failed. */
  readonly code?: PackErrorCode;
  readonly checks: readonly Check[];
  /** Only what was authenticated; absent where it was not. */
  readonly signer?: ProvenSigner;
  readonly times: readonly ProvenTime[];
  /** What the bundle signs: a message, or a statement with its predicate's type. */
  readonly content?: { readonly kind: 'message' } | { readonly kind: 'statement'; readonly predicateType: string };
  /** Where the bundle was found, where it was looked for: the digest of its referrer, or a tag. */
  readonly origin?: string;
}

/** The verdict on one artifact: serialisable, and complete enough to be read without the bundles. */
export interface VerificationReport {
  readonly version: 1;
  readonly verdict: 'passed' | 'failed';
  /** Why it failed. */
  readonly code?: PackErrorCode;
  readonly message: string;
  /** Every digest of the artifact that was compared. */
  readonly artifact: readonly Digest[];
  readonly bundles: readonly BundleReport[];
  /** The signers that count, each once, and how many the policy demands. */
  readonly signers: { readonly found: readonly ProvenSigner[]; readonly threshold: number };
}
