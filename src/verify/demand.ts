import { VerificationError, type VerificationErrorCode } from '../errors.ts';
import type { Policy } from './policy.ts';

/** How much evidence one bundle needs: of how many different operators. */
export interface NeededEvidence {
  readonly sct: number;
  readonly log: number;
  readonly time: number;
  readonly timestamp: number;
}

/** What a policy demands of a bundle with a certificate, or of one with a key: one of each, and none. */
export function neededEvidence({ demand = {} }: Policy, kind: 'certificate' | 'key'): NeededEvidence {
  const { sct, log, time, timestamp = 0, unsafeNoSct, unsafeNoLog, unsafeNoTime } = demand;
  const least = kind === 'certificate' ? 1 : 0;
  return {
    sct: unsafeNoSct === true ? 0 : least * (sct ?? 1),
    log: unsafeNoLog === true ? 0 : (log ?? least),
    time: unsafeNoTime === true ? 0 : (time ?? least),
    timestamp,
  };
}

/**
 * Counts evidence by operator: two keys of one operator, and one entry twice, are one.
 *
 * @throws VerificationError with the code, where there is less than is needed.
 */
export function requireOperators(
  found: readonly { readonly operator: string }[],
  needed: number,
  what: string,
  code: VerificationErrorCode,
): readonly string[] {
  const operators = [...new Set(found.map(({ operator }) => operator))];
  if (operators.length >= needed) return operators;
  throw new VerificationError(
    code,
    `bundle has ${what} of ${operators.length} trusted ${operators.length === 1 ? 'operator' : 'operators'}, expected ${needed}`,
    { details: { operators, needed } },
  );
}
