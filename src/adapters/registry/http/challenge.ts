import { blank, FieldScanner, tokenCharacter } from './field-scanner.ts';

/** One way to authorise that a server names in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. Where a name stands twice, the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

const maxLength = 16 * 1024;

/**
 * Every challenge of a `WWW-Authenticate` field (RFC 9110 section 11.6.1), in its order. What is malformed is stepped
 * over; a field that is longer than 16 KiB says nothing.
 */
export function parseChallenges(field: string | null): Challenge[] {
  if (field === null || field.length > maxLength) return [];
  const scanner = new FieldScanner(field);
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  while (!scanner.done) {
    scanner.take(/[ \t,]/);
    const name = scanner.take(tokenCharacter).toLowerCase();
    const parameters = challenges.at(-1)?.parameters;
    scanner.take(blank);
    if (name === '') scanner.skip();
    else if (!scanner.skip('=')) challenges.push({ scheme: name, parameters: new Map() });
    else addParameter(parameters, name, scanner);
  }
  return challenges;
}

function addParameter(parameters: Map<string, string> | undefined, name: string, scanner: FieldScanner): void {
  scanner.take(blank);
  // Some registries leave the quotes away, also around what is no token.
  const value = scanner.quoted() ?? scanner.take(/[^ \t,]/);
  if (parameters?.has(name) === false) parameters.set(name, value);
}
