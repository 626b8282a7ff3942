/**
 * Every error that packwright throws: a class for whose fault it is, a stable code for what happened.
 *
 * @module
 */

/** Codes of {@link UsageError}: the caller asked for something that cannot be done. */
export type UsageErrorCode =
  | 'ERR_INVALID_ARGUMENT'
  | 'ERR_INVALID_REFERENCE'
  | 'ERR_INVALID_DIGEST'
  | 'ERR_INVALID_MEDIA_TYPE'
  | 'ERR_MISSING_ARTIFACT_TYPE'
  | 'ERR_UNSUPPORTED';

/** Codes of {@link FormatError}: a document or archive from outside is malformed or unsafe. */
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

/** Codes of {@link IntegrityError}: bytes are not those that were named. */
export type IntegrityErrorCode = 'ERR_DIGEST_MISMATCH' | 'ERR_SIZE_MISMATCH' | 'ERR_TRAILING_DATA';

/** Codes of {@link StoreError}: a blob store, a record store or a target folder failed. */
export type StoreErrorCode =
  'ERR_BLOB_NOT_FOUND' | 'ERR_STORE_READ' | 'ERR_STORE_WRITE' | 'ERR_STORE_QUOTA' | 'ERR_CONFLICT';

/** Codes of {@link RegistryError}: a registry, or the way to it, failed. */
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

/** Codes of {@link SourceError}: an artifact could not be had from where it comes from. */
export type SourceErrorCode = 'ERR_SOURCE_NOT_FOUND' | 'ERR_SOURCE_UNAVAILABLE' | 'ERR_SOURCE_OFFLINE';

/**
 * Codes of {@link VerificationError}: evidence is wrong, or the policy asks for more than there is. Each code is also a
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

/** Codes of {@link TrustError}: an update of a trust root by TUF could not be believed, or not be had. */
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
  | TrustErrorCode;

/** What every error may say besides its message. */
export interface PackErrorOptions {
  /** The lower error, kept for whoever debugs. */
  readonly cause?: unknown;
  /** One sentence for a person: what to do about it. */
  readonly hint?: string | undefined;
  /** True when the same call may succeed later. */
  readonly retryable?: boolean | undefined;
  /** Facts that a program can read. Must hold no secrets; every value must survive JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** An error as plain data: what crosses a worker border and what `--json` prints. */
export interface PackErrorJson {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause?: { readonly name: string; readonly message: string; readonly code?: string };
}

const brand = Symbol.for('packwright.error');

/** The base of every error of packwright. Test with {@link isPackError}, which works across copies and realms. */
export abstract class PackError extends Error {
  abstract readonly code: PackErrorCode;
  /** One sentence for a person: what to do about it. */
  readonly hint: string | undefined;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** Facts that a program can read. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, options: PackErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    Object.defineProperty(this, brand, { value: true });
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  /** The error as plain data, without its stack. */
  toJSON(): PackErrorJson {
    const cause = this.cause;
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      details: this.details,
      ...(cause instanceof Error ? { cause: causeOf(cause) } : {}),
    };
  }
}

function causeOf(cause: Error): { name: string; message: string; code?: string } {
  const code = (cause as { code?: unknown }).code;
  return { name: cause.name, message: cause.message, ...(typeof code === 'string' ? { code } : {}) };
}

/** The caller's fault: an argument, an option or a reference that cannot be used. Exit code 2. */
export class UsageError extends PackError {
  override readonly name = 'UsageError';
  readonly code: UsageErrorCode;
  /** The argument that is wrong, where there is one. */
  readonly argument: string | undefined;

  constructor(code: UsageErrorCode, message: string, options: PackErrorOptions & { readonly argument?: string } = {}) {
    super(message, options);
    this.code = code;
    this.argument = options.argument;
  }
}

/** One thing that is wrong in a document: where, and what. */
export interface FormatIssue {
  /** A path into the document, `layers.2.digest` for example. Empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** A document or archive from outside is malformed, unsafe or beyond a limit. Exit code 30. */
export class FormatError extends PackError {
  override readonly name = 'FormatError';
  readonly code: FormatErrorCode;
  /** Everything that was found wrong; at least what the message says. */
  readonly issues: readonly FormatIssue[];

  constructor(
    code: FormatErrorCode,
    message: string,
    options: PackErrorOptions & { readonly issues?: readonly FormatIssue[] } = {},
  ) {
    const issues = options.issues ?? [];
    super(message, issues.length === 0 ? options : { ...options, details: { ...options.details, issues } });
    this.code = code;
    this.issues = issues;
  }
}

/** Bytes are not those that a digest, a size or an integrity names. Exit code 30. */
export class IntegrityError extends PackError {
  override readonly name = 'IntegrityError';
  readonly code: IntegrityErrorCode;
  readonly expected: string;
  readonly actual: string;

  constructor(
    code: IntegrityErrorCode,
    message: string,
    options: PackErrorOptions & { readonly expected: string; readonly actual: string },
  ) {
    const { expected, actual } = options;
    super(message, { ...options, details: { ...options.details, expected, actual } });
    this.code = code;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A store or a target folder failed. Exit code 11 for a blob that is not there, else 1. */
export class StoreError extends PackError {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly store: string | undefined;
  readonly digest: string | undefined;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: PackErrorOptions & { readonly store?: string; readonly digest?: string } = {},
  ) {
    super(message, options);
    this.code = code;
    this.store = options.store;
    this.digest = options.digest;
  }
}

/**
 * A registry said no, or could not be asked. Exit code 20 unauthorised and denied, 11 not found, 1 where it refuses
 * what was sent (too large, over a quota, not allowed there), 21 the rest.
 */
export class RegistryError extends PackError {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly status: number | undefined;

  constructor(code: RegistryErrorCode, message: string, options: PackErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}

/** An artifact could not be fetched from its source. Exit code 21. */
export class SourceError extends PackError {
  override readonly name = 'SourceError';
  readonly code: SourceErrorCode;
  /** Where it was looked for, without user info and query. */
  readonly origin: string | undefined;
  readonly status: number | undefined;

  constructor(
    code: SourceErrorCode,
    message: string,
    options: PackErrorOptions & { readonly origin?: string; readonly status?: number } = {},
  ) {
    const { origin, status } = options;
    const facts = { ...(origin === undefined ? {} : { origin }), ...(status === undefined ? {} : { status }) };
    super(message, { ...options, details: { ...facts, ...options.details } });
    this.code = code;
    this.origin = origin;
    this.status = status;
  }
}

/**
 * A signature does not hold, or a policy asks for more than was proven. Exit code 10 where there is no signature, 13
 * where evidence that the policy demands is missing or of somebody else, 21 where a registry could not be asked, 12 the
 * rest.
 */
export class VerificationError extends PackError {
  override readonly name = 'VerificationError';
  /** Also that of a bundle, envelope or statement that could not be read: the first reason of the report. */
  readonly code: VerificationErrorCode | FormatErrorCode;
  /** The whole verification report, where there is one: every check with its outcome. */
  readonly report: object | undefined;

  constructor(
    code: VerificationErrorCode | FormatErrorCode,
    message: string,
    options: PackErrorOptions & { readonly report?: object | undefined } = {},
  ) {
    super(message, options);
    this.code = code;
    this.report = options.report;
  }
}

/** Metadata of a TUF repository could not be believed, or not be had. Exit code 11, 21, or 12 for what is not believed. */
export class TrustError extends PackError {
  override readonly name = 'TrustError';
  readonly code: TrustErrorCode;

  constructor(code: TrustErrorCode, message: string, options: PackErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** True for an error of packwright, also one from another copy of the library or another realm. */
export function isPackError(value: unknown): value is PackError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}

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
