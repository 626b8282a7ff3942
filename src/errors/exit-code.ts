import { isPackError } from '../errors.ts';
import type { PackErrorCode } from './codes.ts';

/**
 * The exit code of the `packwright` command for an error. Of those that are not ours an abort is 130, the end of the
 * time that a signal gives is 21, and everything else is 1.
 */
export function exitCodeOf(error: unknown): number {
  if (!isPackError(error)) return exitCodeOfForeign(error);
  return exitCodeByCode[error.code] ?? exitCodeByClass[error.name] ?? 1;
}

/** Codes whose exit code is not that of their class. */
const exitCodeByCode: Readonly<Partial<Record<PackErrorCode, number>>> = /* @__PURE__ */ Object.freeze({
  // Also where a verification says so: what could not be read whole is no signature that is wrong.
  ERR_LIMIT_EXCEEDED: 30,
  ERR_DIGEST_MISMATCH: 30,
  ERR_SIZE_MISMATCH: 30,
  ERR_TRAILING_DATA: 30,
  ERR_BLOB_NOT_FOUND: 11,
  ERR_REGISTRY_NOT_FOUND: 11,
  ERR_REGISTRY_UNAUTHORIZED: 20,
  ERR_REGISTRY_DENIED: 20,
  ERR_REGISTRY_REJECTED: 1,
  ERR_DER_INVALID: 12,
  ERR_BUNDLE_INVALID: 12,
  ERR_ENVELOPE_INVALID: 12,
  ERR_STATEMENT_INVALID: 12,
  ERR_NO_SIGNATURES: 10,
  ERR_SCT_MISSING: 13,
  ERR_LOG_MISSING: 13,
  ERR_TIMESTAMP_MISSING: 13,
  ERR_KEY_MISMATCH: 13,
  ERR_IDENTITY_MISMATCH: 13,
  ERR_PREDICATE_MISMATCH: 13,
  ERR_PROVENANCE_MISMATCH: 13,
  ERR_THRESHOLD_NOT_MET: 13,
  ERR_SIGNATURES_HIDDEN: 21,
  ERR_SIGNATURES_UNREACHABLE: 21,
  ERR_KEY_PASSWORD: 20,
  ERR_IDENTITY_TOKEN: 20,
  ERR_TUF_TARGET_NOT_FOUND: 11,
  ERR_TUF_UNAVAILABLE: 21,
});

const exitCodeByClass: Readonly<Record<string, number>> = /* @__PURE__ */ Object.freeze({
  UsageError: 2,
  FormatError: 30,
  IntegrityError: 30,
  StoreError: 1,
  RegistryError: 21,
  SourceError: 21,
  VerificationError: 12,
  TrustError: 12,
});

function exitCodeOfForeign(error: unknown): number {
  const { name } = (error ?? {}) as { readonly name?: unknown };
  if (name === 'AbortError') return 130;
  return name === 'TimeoutError' ? 21 : 1;
}
