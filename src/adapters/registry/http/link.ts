import { blank, FieldScanner, tokenCharacter } from './field-scanner.ts';

const uriCharacter = /[^>]/;

/**
 * The target of the first link with the relation `next` (RFC 8288 section 3); undefined where there is none. `rel` may be
 * quoted or not, may name several relations, and only its first occurrence in a link counts.
 */
export function nextLink(field: string | null): string | undefined {
  const scanner = new FieldScanner(field ?? '');
  while (!scanner.done) {
    scanner.take(/[ \t,]/);
    if (!scanner.skip('<')) return undefined;
    const target = scanner.take(uriCharacter);
    if (!scanner.skip('>')) return undefined;
    if (relationsOf(scanner).includes('next')) return target;
  }
  return undefined;
}

function relationsOf(scanner: FieldScanner): readonly string[] {
  let relations: readonly string[] | undefined;
  for (;;) {
    scanner.take(blank);
    if (!scanner.skip(';')) return relations ?? [];
    scanner.take(blank);
    const name = scanner.take(tokenCharacter).toLowerCase();
    scanner.take(blank);
    if (!scanner.skip('=')) continue;
    scanner.take(blank);
    const value = scanner.quoted() ?? scanner.take(/[^ \t;,]/);
    if (name === 'rel') relations ??= value.toLowerCase().split(' ');
  }
}
