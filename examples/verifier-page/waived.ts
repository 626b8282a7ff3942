import type { Policy } from 'packwright/verify';

/** What a policy does without that it should ask for, in words: nobody is to read a verdict of it and not know. */
export function waivedBy({ demand = {}, signers, predicates = [] }: Policy): string[] {
  const waived: readonly (readonly [boolean, string])[] = [
    [demand.unsafeNoSct === true, 'no certificate log had to have seen the certificate'],
    [demand.unsafeNoLog === true, 'no transparency log had to hold the signature'],
    [demand.unsafeNoTime === true, 'nobody had to prove when it was signed'],
    [signers.anyOf.some((rule) => 'unsafeAnyIdentity' in rule), 'anybody could have signed'],
    [predicates.some((rule) => 'unsafeAnyPredicate' in rule), 'any statement counted, also one that warns'],
  ];
  return waived.filter(([isWaived]) => isWaived).map(([, words]) => words);
}
