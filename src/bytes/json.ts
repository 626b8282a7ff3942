import { FormatError } from '../errors.ts';
import { fromUtf8, utf8 } from './encoding.ts';

/** A value that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Bounds on a JSON text. */
export interface JsonLimits {
  /** Bytes of the text; 20 MiB by default. */
  readonly maxBytes?: number | undefined;
  /** How deep arrays and objects may nest; 64 by default. */
  readonly maxDepth?: number | undefined;
}

const defaultMaxBytes = 20 * 1024 * 1024;
const defaultMaxDepth = 64;

/**
 * Reads JSON (RFC 8259) from bytes or text that nobody vouches for.
 *
 * Stricter than `JSON.parse`, so that every reader of the same bytes sees the same value: a key that stands twice in
 * an object, the key `__proto__`, a lone surrogate, a number beyond what a double can hold, a byte order mark, bytes
 * that are not UTF-8, anything behind the value, too much depth and too many bytes are all refused.
 *
 * @throws FormatError `ERR_JSON_INVALID`, with the position; `ERR_LIMIT_EXCEEDED` for depth and size.
 */
export function parseJson(input: Uint8Array | string, limits: JsonLimits = {}): JsonValue {
  const { maxBytes = defaultMaxBytes, maxDepth = defaultMaxDepth } = limits;
  if (sizeOf(input, maxBytes) > maxBytes) throw tooLarge(maxBytes);
  return new JsonReader(typeof input === 'string' ? input : decode(input), maxDepth).read();
}

/** The size in bytes. A string is measured only where it could be too large, as UTF-8 has at most 3 bytes a unit. */
function sizeOf(input: Uint8Array | string, limit: number): number {
  return typeof input === 'string' && input.length <= limit && input.length * 3 > limit
    ? utf8(input).length
    : input.length;
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new FormatError('ERR_JSON_INVALID', 'JSON text is not UTF-8', { cause });
  }
}

function tooLarge(limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `JSON text is larger than the limit of ${String(limit)} bytes`, {
    details: { limit },
  });
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #position = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  read(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#position < this.#text.length) throw this.#unexpected('the end');
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skipSpace();
    switch (this.#text[this.#position]) {
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      case 't':
        return this.#literal('true', true);
      case 'f':
        return this.#literal('false', false);
      case 'n':
        return this.#literal('null', null);
      default:
        return this.#number();
    }
  }

  #deeper(depth: number): number {
    if (depth < this.#maxDepth) return depth + 1;
    throw new FormatError('ERR_LIMIT_EXCEEDED', `JSON text nests deeper than the limit of ${String(this.#maxDepth)}`, {
      details: { limit: this.#maxDepth },
    });
  }

  #object(depth: number): JsonValue {
    const members: Record<string, JsonValue> = {};
    this.#position++;
    this.#skipSpace();
    if (this.#take('}')) return members;
    do {
      this.#skipSpace();
      if (this.#text[this.#position] !== '"') throw this.#unexpected('a key');
      const key = this.#string();
      if (key === '__proto__') throw this.#fail('the key "__proto__" is refused');
      if (Object.hasOwn(members, key)) throw this.#fail(`the key ${JSON.stringify(key.slice(0, 80))} stands twice`);
      this.#skipSpace();
      if (!this.#take(':')) throw this.#unexpected('":"');
      members[key] = this.#value(depth);
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected('"," or "}"');
    return members;
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#position++;
    this.#skipSpace();
    if (this.#take(']')) return items;
    do {
      items.push(this.#value(depth));
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected('"," or "]"');
    return items;
  }

  #string(): string {
    const text = this.#text;
    let start = this.#position + 1;
    let value = '';
    // A local variable: most of the time of reading goes into this loop.
    for (let at = start; ;) {
      const code = text.charCodeAt(at);
      if (code !== 0x22 && code !== 0x5c && code >= 0x20) {
        at++;
        continue;
      }
      value += text.slice(start, at);
      this.#position = at;
      if (code === 0x22) break;
      if (code !== 0x5c) throw this.#unexpected(code < 0x20 ? 'a character of a string' : 'the end of a string');
      value += this.#escape();
      start = at = this.#position;
    }
    this.#position++;
    if (!value.isWellFormed()) throw this.#fail('a string holds a lone surrogate');
    return value;
  }

  #escape(): string {
    const letter = this.#text[++this.#position] ?? '';
    this.#position++;
    if (letter === 'u') {
      const hex = this.#text.slice(this.#position, this.#position + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.#unexpected('four hexadecimal digits');
      this.#position += 4;
      return String.fromCharCode(parseInt(hex, 16));
    }
    const character = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (character === undefined) throw this.#fail('an escape in a string is not known');
    return character;
  }

  #number(): number {
    numberPattern.lastIndex = this.#position;
    const match = numberPattern.exec(this.#text);
    if (match === null) throw this.#unexpected('a value');
    const value = Number(match[0]);
    if (!Number.isFinite(value)) throw this.#fail('a number is beyond what a double can hold');
    this.#position += match[0].length;
    return value;
  }

  #literal<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#position)) throw this.#unexpected('a value');
    this.#position += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#position++;
    }
  }

  #unexpected(expected: string): FormatError {
    const found = this.#text[this.#position];
    return this.#fail(`found ${found === undefined ? 'the end' : JSON.stringify(found)}, expected ${expected}`);
  }

  #fail(what: string): FormatError {
    return new FormatError('ERR_JSON_INVALID', `JSON text is invalid at character ${String(this.#position)}: ${what}`, {
      details: { position: this.#position },
    });
  }
}
