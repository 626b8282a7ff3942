/** An element of a document: its children by name, or its text. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const maxDepth = 16;
const nameSigns = /^[A-Za-z_][A-Za-z0-9_.:-]{0,99}$/;

/**
 * The root of an XML document as S3 writes them: elements with text or children. Attributes are passed over, and there
 * are no comments, no CDATA and no document type, so nothing in it can grow. Takes linear time. Undefined for anything
 * else.
 */
export function parseXml(text: string): XmlElement | undefined {
  const scanner = new Scanner(text);
  try {
    return scanner.document();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

class Malformed extends Error {}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const root: OpenElement = { name: '', children: [], text: '' };
    const open: OpenElement[] = [root];
    while (this.#at < this.#text.length) {
      const parent = open.at(-1) ?? root;
      const start = this.#text.indexOf('<', this.#at);
      parent.text += decodeText(this.#text.slice(this.#at, start < 0 ? undefined : start));
      if (start < 0) break;
      this.#tag(start, open);
    }
    const [only] = root.children;
    if (open.length !== 1 || root.children.length !== 1 || only === undefined || root.text.trim() !== '') {
      throw new Malformed();
    }
    return only;
  }

  #tag(start: number, open: OpenElement[]): void {
    const end = this.#text.indexOf('>', start);
    if (end < 0) throw new Malformed();
    this.#at = end + 1;
    const tag = this.#text.slice(start + 1, end);
    if (tag.startsWith('?') && tag.endsWith('?') && open.length === 1) return;
    if (tag.startsWith('/')) close(tag.slice(1).trimEnd(), open);
    else begin(tag, open);
  }
}

function begin(tag: string, open: OpenElement[]): void {
  const empty = tag.endsWith('/');
  const name = tag.slice(0, empty ? -1 : undefined).split(/\s/, 1)[0] ?? '';
  if (!nameSigns.test(name) || open.length > maxDepth) throw new Malformed();
  open.push({ name, children: [], text: '' });
  if (empty) close(name, open);
}

function close(name: string, open: OpenElement[]): void {
  const ended = open.pop();
  const parent = open.at(-1);
  if (parent === undefined || ended?.name !== name) throw new Malformed();
  parent.children.push(ended);
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^&;]{0,10})(;?)/g, (_, name: string, end: string) => {
    const value = end === '' ? undefined : Object.hasOwn(named, name) ? named[name] : character(name);
    if (value === undefined) throw new Malformed();
    return value;
  });
}

function character(name: string): string | undefined {
  const code = /^#(?:x[0-9a-fA-F]{1,6}|\d{1,7})$/.test(name) ? Number(name.slice(1).replace('x', '0x')) : NaN;
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** The text of a child; undefined where there is none of that name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** Text as it stands in a document. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
