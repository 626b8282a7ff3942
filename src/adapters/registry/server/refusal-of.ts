import { isPackError, type PackError } from '../../../errors.ts';
import { Refusal, type WireCode } from './refusal.ts';

/** What the request did wrong, where that is what an error of a registry says. undefined for a failure of the server. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!isPackError(error)) return undefined;
  const [status, code] = statusOf(error) ?? [];
  if (status === undefined || code === undefined) return undefined;
  // What is wrong where in a manifest; a FormatError keeps it among its details.
  const detail = error.details['issues'];
  return new Refusal(status, code, messages[error.code] ?? error.message, { cause: error, detail });
}

// What a store says of itself is no business of a client.
const messages: Readonly<Record<string, string>> = {
  ERR_STORE_QUOTA: 'registry has no room for this',
  ERR_CONFLICT: 'another one has changed this meanwhile, or relies on it',
  ERR_BLOB_NOT_FOUND: 'content is not in this repository',
};

function statusOf(error: PackError): readonly [status: number, code: WireCode] | undefined {
  switch (error.code) {
    case 'ERR_INVALID_REFERENCE':
      return [400, 'NAME_INVALID'];
    case 'ERR_INVALID_DIGEST':
    case 'ERR_DIGEST_MISMATCH':
      return [400, 'DIGEST_INVALID'];
    case 'ERR_SIZE_MISMATCH':
    case 'ERR_TRAILING_DATA':
      return [400, 'SIZE_INVALID'];
    case 'ERR_JSON_INVALID':
    case 'ERR_MANIFEST_INVALID':
    case 'ERR_INDEX_INVALID':
      return [400, Array.isArray(error.details['missing']) ? 'MANIFEST_BLOB_UNKNOWN' : 'MANIFEST_INVALID'];
    case 'ERR_LIMIT_EXCEEDED':
      return [413, 'MANIFEST_INVALID'];
    case 'ERR_UNSUPPORTED':
      return [405, 'UNSUPPORTED'];
    // 507 would be more exact, but clients send again what was answered 5xx.
    case 'ERR_STORE_QUOTA':
      return [413, 'DENIED'];
    case 'ERR_CONFLICT':
      return error.retryable ? undefined : [409, 'DENIED'];
    default:
      return undefined;
  }
}
