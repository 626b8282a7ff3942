const encoder = /* @__PURE__ */ new TextEncoder();

/** The UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The string of UTF-8 bytes; a byte order mark stays part of it. Throws TypeError where the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

const hexDigits = '0123456789abcdef';

/** Bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += `${hexDigits[byte >> 4] ?? ''}${hexDigits[byte & 15] ?? ''}`;
  return text;
}

/** The bytes of an even number of hexadecimal digits; undefined where the text is anything else. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-f]/i.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = hexValue(text.charCodeAt(index * 2)) * 16 + hexValue(text.charCodeAt(index * 2 + 1));
  }
  return bytes;
}

function hexValue(code: number): number {
  // Digits come before letters, and large letters differ from small ones in one bit.
  return code < 0x3a ? code - 0x30 : (code | 0x20) - 0x57;
}

// A multiple of 3, so that chunks join without padding, and few enough arguments for every engine.
const base64Chunk = 0x6000;

/** Bytes as standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += base64Chunk) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + base64Chunk)));
  }
  return text;
}

/**
 * The bytes of canonical standard base64 (RFC 4648 section 4): padded, no white space, no url-safe letters, no stray
 * pad bits. undefined where the text is anything else.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const letters = lettersOf(text);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  // White space is what the platform leaves out without a word, and then there are fewer letters.
  if (letters?.length !== (text.length / 4) * 3 - padding) return undefined;
  // A loop: Uint8Array.from takes ten times as long.
  const bytes = new Uint8Array(letters.length);
  for (let index = 0; index < letters.length; index++) bytes[index] = letters.charCodeAt(index);
  // Only the last group can hold stray bits.
  return toBase64(bytes.subarray(-(bytes.length % 3 || 3))) === text.slice(-4) ? bytes : undefined;
}

function lettersOf(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}

/** Compares strings by their UTF-8 bytes, which is the order of code points: the same on every machine and locale. */
export function compareBytewise(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // UTF-16 sorts surrogates (above U+FFFF) before U+E000 to U+FFFF; UTF-8 sorts them after.
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
