/** Codes of `UsageError`: the caller asked for something that cannot be done. */
export type UsageErrorCode =
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_INVALID_REFERENCE'
  | 'ERR_INVALID_DIGEST'
  | 'ERR_INVALID_MEDIA_TYPE'
  | 'ERR_MISSING_ARTIFACT_TYPE'
  | 'ERR_UNSUPPORTED';

/** Codes of `FormatError`: a document or archive from outside is malformed or unsafe. */
export type FormatErrorCode =
  | 'ERR_JSON_INVALID'
  | 'ERR_MANIFEST_INVALID'
  | 'ERR_INDEX_INVALID'
  | 'ERR_LAYOUT_INVALID'
  | 'ERR_ARCHIVE_INVALID'
  | 'ERR_LOCK_INVALID'
  | 'ERR_LOCK_ENTRY'
  | 'ERR_UNSAFE_PATH'
  | 'ERR_DER_INVALID'
  | 'ERR_BUNDLE_INVALID'
  | 'ERR_ENVELOPE_INVALID'
  | 'ERR_STATEMENT_INVALID'
  | 'ERR_TRUST_ROOT_INVALID'
  | 'ERR_TUF_INVALID'
  | 'ERR_LIMIT_EXCEEDED';

/** Codes of `IntegrityError`: bytes are not those that were named. */
export type IntegrityErrorCode = 'ERR_DIGEST_MISMATCH' | 'ERR_SIZE_MISMATCH' | 'ERR_TRAILING_DATA';

/** Codes of `StoreError`: a blob store, a record store or a target folder failed. */
export type StoreErrorCode =
  'ERR_BLOB_NOT_FOUND' | 'ERR_STORE_READ' | 'ERR_STORE_WRITE' | 'ERR_STORE_QUOTA' | 'ERR_CONFLICT';

/** Codes of `RegistryError`: a registry, or the way to it, failed. */
export type RegistryErrorCode =
  | 'ERR_REGISTRY_UNAUTHORIZED'
  | 'ERR_REGISTRY_DENIED'
  | 'ERR_REGISTRY_NOT_FOUND'
  | 'ERR_REGISTRY_RATE_LIMITED'
  | 'ERR_REGISTRY_UNAVAILABLE'
  | 'ERR_REGISTRY_NETWORK'
  | 'ERR_REGISTRY_TIMEOUT'
  | 'ERR_REGISTRY_PROTOCOL'
  | 'ERR_REGISTRY_REJECTED';

/** Codes of `SourceError`: an artifact could not be had from where it comes from. */
export type SourceErrorCode = 'ERR_SOURCE_NOT_FOUND' | 'ERR_SOURCE_UNAVAILABLE' | 'ERR_SOURCE_OFFLINE';

/**
 * Codes of `VerificationError`: evidence is wrong, or the policy asks for more than there is. Each code is also a
 * reason in a verification report.
 */
export type VerificationErrorCode =
  | 'ERR_SIGNATURE_INVALID'
  | 'ERR_CERTIFICATE_INVALID'
  | 'ERR_CERTIFICATE_UNTRUSTED'
  | 'ERR_CERTIFICATE_EXPIRED'
  | 'ERR_SCT_INVALID'
  | 'ERR_SCT_MISSING'
  | 'ERR_LOG_ENTRY_INVALID'
  | 'ERR_LOG_PROOF_INVALID'
  | 'ERR_LOG_UNTRUSTED'
  | 'ERR_LOG_MISSING'
  | 'ERR_TIMESTAMP_INVALID'
  | 'ERR_TIMESTAMP_UNTRUSTED'
  | 'ERR_TIMESTAMP_MISSING'
  | 'ERR_SUBJECT_MISMATCH'
  | 'ERR_KEY_MISMATCH'
  | 'ERR_IDENTITY_MISMATCH'
  | 'ERR_PREDICATE_MISMATCH'
  | 'ERR_PROVENANCE_MISMATCH'
  | 'ERR_THRESHOLD_NOT_MET'
  | 'ERR_ALGORITHM_UNSUPPORTED'
  | 'ERR_NO_SIGNATURES'
  | 'ERR_SIGNATURES_HIDDEN'
  | 'ERR_SIGNATURES_UNREACHABLE';

/** Codes of `SigningError`: a key, a certificate authority, a log or a timestamp authority did not do its part. */
export type SigningErrorCode =
  | 'ERR_KEY'
  | 'ERR_KEY_PASSWORD'
  | 'ERR_IDENTITY_TOKEN'
  | 'ERR_CERTIFICATE_REQUEST'
  | 'ERR_LOG_ENTRY'
  | 'ERR_TIMESTAMP_REQUEST'
  | 'ERR_SIGNATURE_REJECTED';

/** Codes of `TrustError`: an update of a trust root by TUF could not be believed, or not be had. */
export type TrustErrorCode =
  | 'ERR_TUF_SIGNATURE'
  | 'ERR_TUF_ROLLBACK'
  | 'ERR_TUF_EXPIRED'
  | 'ERR_TUF_MISMATCH'
  | 'ERR_TUF_TARGET_NOT_FOUND'
  | 'ERR_TUF_UNAVAILABLE';

/** Every code that an error of packwright can carry. */
export type PackErrorCode =
  | UsageErrorCode
  | FormatErrorCode
  | IntegrityErrorCode
  | StoreErrorCode
  | RegistryErrorCode
  | SourceErrorCode
  | VerificationErrorCode
  | TrustErrorCode
  | SigningErrorCode;
