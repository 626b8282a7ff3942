import { formatBundle } from '../attest/format-bundle.ts';
import { fromUtf8 } from '../bytes/encoding.ts';
import type { SignedSubject, SignResult } from '../pack/sign-options.ts';
import type { CommandOutput } from './command.ts';

/** What was signed, as one document, and for a person the digest of each referrer. */
export function signingOutput({ reference, all, ...first }: SignResult): CommandOutput {
  return {
    json: { ...(reference === undefined ? {} : { reference }), ...documentOf(first), all: all.map(documentOf) },
    text: all.map(({ referrer }) => `${referrer.digest}\n`).join(''),
  };
}

/** A bundle has bytes and large numbers in it: it is shown as it is stored. */
function documentOf({ bundle, ...rest }: SignedSubject): object {
  return { ...rest, bundle: JSON.parse(fromUtf8(formatBundle(bundle))) as unknown };
}
