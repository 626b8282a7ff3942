import type { OperationOptions } from '../../../ports/operation.ts';
import type { Notes } from './notes.ts';
import { blank, FieldScanner } from './field-scanner.ts';
import { redactSecrets } from './redact-secrets.ts';

const maxField = 8 * 1024;
const maxText = 500;
const maxWarnings = 20;

/**
 * What a registry wants to have shown to a person: the texts of `Warning: 299 - "text"` (distribution-spec 1.1.1,
 * "Warnings"). Everything else in the field is left out.
 */
export function parseWarnings(field: string | null): string[] {
  if (field === null || field.length > maxField) return [];
  const scanner = new FieldScanner(field);
  const texts: string[] = [];
  while (!scanner.done && texts.length < maxWarnings) {
    scanner.take(/[ \t,]/);
    const code = scanner.take(/\d/);
    scanner.take(blank);
    const agent = scanner.take(/[^ \t,"]/);
    scanner.take(blank);
    const text = scanner.quoted();
    if (code === '299' && agent !== '' && text !== undefined && text.trim() !== '')
      texts.push(printable(text, maxText));
    scanner.take(/[^,]/);
  }
  return texts;
}

/** The beginning of a text from outside in one line, without characters that a terminal would obey. */
export function printable(text: string, maxLength: number): string {
  const line = text
    .slice(0, maxLength * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/** Tells each warning of a registry once. */
export interface Warnings {
  tell(headers: Headers | undefined, options: OperationOptions, notes: Notes, secrets: readonly string[]): void;
}

const maxRemembered = 100;

/** Warnings go to the listener of the operation that they came in, or where there is none, to the one given here. */
export function createWarnings(id: string, onWarning: ((message: string) => void) | undefined): Warnings {
  const seen = new Set<string>();
  return {
    tell(headers, { onEvent }, notes, secrets) {
      const listener = onEvent === undefined ? onWarning : notes.warning;
      if (listener === undefined) return;
      for (const warning of parseWarnings(headers?.get('warning') ?? null)) {
        const text = redactSecrets(warning, secrets);
        if (seen.has(text) || seen.size >= maxRemembered) continue;
        seen.add(text);
        listener(`${id}: ${text}`);
      }
    },
  };
}
