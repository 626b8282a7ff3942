/** Reads the parts of a header field (RFC 9110 section 5.6) from left to right, each character once. */
export class FieldScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** The characters from here on that are in a set. */
  take(set: RegExp): string {
    const start = this.#at;
    while (!this.done && set.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** Steps over one character, where it is this one or where any will do. */
  skip(character?: string): boolean {
    if (this.done || (character !== undefined && this.#text[this.#at] !== character)) return false;
    this.#at++;
    return true;
  }

  /** A quoted string, its escapes undone; undefined where none starts here. One that does not end takes the rest. */
  quoted(): string | undefined {
    if (!this.skip('"')) return undefined;
    let value = '';
    while (!this.done && !this.skip('"')) {
      this.skip('\\');
      value += this.#text.charAt(this.#at++);
    }
    return value;
  }
}

/** Characters of a token (RFC 9110 section 5.6.2). */
export const tokenCharacter: RegExp = /[!#$%&'*+.^_`|~0-9A-Za-z-]/;
export const blank: RegExp = /[ \t]/;
