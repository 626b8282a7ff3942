/** What is known of how a registry behaves where the specification leaves it open, or the registry leaves the specification. */
export interface RegistryProfile {
  /** Uploads in parts: not at all, or with parts of so many bytes. A minimum that a registry announces counts as well. */
  readonly chunked: false | { readonly minBytes?: number | undefined; readonly maxBytes?: number | undefined };
  /** No request may have a larger body: what is larger goes in parts. */
  readonly maxBodyBytes?: number | undefined;
  /** Asks for a mount without naming the repository that has the blob. */
  readonly anonymousMount: boolean;
  /** What the registry says of referrers is not to be relied on: its list is merged with the one under the tag. */
  readonly mergeReferrers: boolean;
  /** `OCI-Subject` in an answer does not mean that the registry lists referrers. */
  readonly distrustSubject: boolean;
  /** HEAD is refused: GET is asked instead. */
  readonly noHead: boolean;
  /** How many requests may be under way at once. */
  readonly concurrency?: number | undefined;
}
