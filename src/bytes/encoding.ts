const encoder = /* @__PURE__ */ new TextEncoder();

/** The UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The string of UTF-8 bytes; a byte order mark stays part of it. Throws TypeError where the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  // Written as ASCII and decoded once: joining strings byte by byte takes ten times as long on a large array.
  const ascii = new Uint8Array(bytes.length * 2);
  let end = 0;
  for (const byte of bytes) {
    ascii[end++] = hexDigit(byte >> 4);
    ascii[end++] = hexDigit(byte & 15);
  }
  return fromUtf8(ascii);
}

/** The character code of a hexadecimal digit: 0 to 9, or a to f. */
function hexDigit(value: number): number {
  return value + (value < 10 ? 0x30 : 0x57);
}

/** The bytes of an even number of hexadecimal digits; undefined where the text is anything else. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (nibble(text.charCodeAt(index * 2)) << 4) | nibble(text.charCodeAt(index * 2 + 1));
  }
  return bytes;
}

/** The value of a hexadecimal digit: in ASCII, letters of both cases end in the bits 1 to 6 and have bit 6 set. */
function nibble(code: number): number {
  return (code & 15) + (code > 0x39 ? 9 : 0);
}

// A multiple of 3, so that chunks join without padding, and few enough arguments for every engine.
const base64Chunk = 0x6000;

/** Bytes as standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let start = 0; start < bytes.length; start += base64Chunk) {
    parts.push(btoa(String.fromCharCode(...bytes.subarray(start, start + base64Chunk))));
  }
  return parts.join('');
}

/**
 * The bytes of canonical standard base64 (RFC 4648 section 4): padded, no white space, no url-safe letters, no stray
 * pad bits. undefined where the text is anything else.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const letters = text.search(/[^A-Za-z0-9+/]/);
  const padding = letters === -1 ? '' : text.slice(letters);
  if (text.length % 4 !== 0 || !/^={0,2}$/.test(padding)) return undefined;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  // Only the last group can hold stray bits.
  const lastGroup = Math.floor(Math.max(bytes.length - 1, 0) / 3) * 3;
  return toBase64(bytes.subarray(lastGroup)) === text.slice(-4) ? bytes : undefined;
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
