import type { PackError, PackErrorCode } from '../errors.ts';
import type { FoundBundles } from './find-bundles/find-bundles.ts';

/** Why it is not known what else there may be. */
export interface Incompleteness {
  readonly code: PackErrorCode;
  readonly message: string;
  readonly cause?: PackError | undefined;
}

/** Errors by which something was not seen, as against something that was seen and is no signature. */
const unseenErrors: readonly string[] = ['RegistryError', 'StoreError', 'SourceError'];
const kept: readonly string[] = ['ERR_LIMIT_EXCEEDED', 'ERR_DIGEST_MISMATCH', 'ERR_SIZE_MISMATCH', 'ERR_TRAILING_DATA'];

/**
 * What a search could not see; undefined where it saw everything. Then, and only then, "no signature" may be said.
 */
export function incompleteness({ from, failure, unread }: FoundBundles): Incompleteness | undefined {
  const unseen = failure ?? unread.find(({ error }) => unseenErrors.includes(error.name))?.error;
  if (unseen !== undefined) {
    const message = `signatures could not be asked for: ${unseen.message}`;
    return { code: 'ERR_SIGNATURES_UNREACHABLE', message, cause: unseen };
  }
  if (from === 'hidden') {
    return {
      code: 'ERR_SIGNATURES_HIDDEN',
      message: 'signatures are hidden: the registry does not tell what refers to the manifest',
    };
  }
  const refused = unread.find(({ error }) => kept.includes(error.code))?.error;
  return refused && { code: refused.code, message: refused.message, cause: refused };
}
