import type { JsonValue } from '../bytes/json.ts';

/**
 * A thing that a predicate names: what went into a build, a policy, another attestation. At least one of `uri`, `digest`
 * and `content` says which it is.
 *
 * @see https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md
 */
export interface ResourceInput {
  readonly uri?: string | undefined;
  /** By algorithm, in lower-case hexadecimal: `{ sha256: '…' }`, `{ gitCommit: '…' }`. */
  readonly digest?: Readonly<Record<string, string>> | undefined;
  readonly name?: string | undefined;
  readonly downloadLocation?: string | undefined;
  readonly mediaType?: string | undefined;
  /** In base64. */
  readonly content?: string | undefined;
  readonly annotations?: Readonly<Record<string, JsonValue>> | undefined;
}
