/** The error codes of distribution-spec 1.1.1, "Error Codes". `UNKNOWN` is what distribution says for a failure of its own. */
export type WireCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNKNOWN';

/** What a refusal says besides its status and code. */
export interface RefusalOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Facts that a program can read. */
  readonly detail?: unknown;
  readonly cause?: unknown;
}

/** A request that is answered with an error. Never leaves the server: it becomes a response. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: WireCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly detail: unknown;

  constructor(status: number, code: WireCode, message: string, options: RefusalOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
    this.detail = options.detail;
  }
}

/** The refusal of a method that a route, or the whole server, does not have. */
export function notAllowed(method: string, allowed: readonly string[], why: string = 'here'): Refusal {
  return new Refusal(405, 'UNSUPPORTED', `method ${method.slice(0, 20)} is not allowed ${why}`, {
    headers: { allow: allowed.join(', ') },
  });
}
