/**
 * Every error that packwright throws: a class for whose fault it is, a stable code for what happened.
 *
 * @module
 */

import type {
  FormatErrorCode,
  IntegrityErrorCode,
  PackErrorCode,
  RegistryErrorCode,
  SigningErrorCode,
  SourceErrorCode,
  StoreErrorCode,
  TrustErrorCode,
  UsageErrorCode,
  VerificationErrorCode,
} from './errors/codes.ts';

export type * from './errors/codes.ts';

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

/**
 * A signature could not be made. Exit code 1, and 20 for a password or token that is not accepted. `retryable` says
 * whether the same call may succeed later; nothing was attached.
 */
export class SigningError extends PackError {
  override readonly name = 'SigningError';
  readonly code: SigningErrorCode;
  /** Who was asked, without user info and query; undefined for a key that is at hand. */
  readonly service: string | undefined;

  constructor(code: SigningErrorCode, message: string, options: PackErrorOptions & { readonly service?: string } = {}) {
    const { service } = options;
    super(message, service === undefined ? options : { ...options, details: { service, ...options.details } });
    this.code = code;
    this.service = service;
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
