/** Where a byte is in DER: the indices of the elements around it, `1.0.3`, and whether it is one of their heads. */
export function placeInDer(bytes: Uint8Array, offset: number): string {
  // Not DER at all: a hash, a signature of Ed25519, text.
  if (bytes[0] !== 0x30) return '';
  const path: number[] = [];
  let [start, end] = [0, bytes.length];
  for (;;) {
    const found = childAt(bytes, start, end, offset);
    if (found === undefined) return path.join('.');
    path.push(found.index);
    if (offset < found.content) return `${path.join('.')} head`;
    if (!found.constructed) return path.join('.');
    [start, end] = [found.content, found.end];
  }
}

interface Child {
  readonly index: number;
  readonly content: number;
  readonly end: number;
  readonly constructed: boolean;
}

function childAt(bytes: Uint8Array, start: number, end: number, offset: number): Child | undefined {
  let at = start;
  for (let index = 0; at < end; index++) {
    const first = bytes[at + 1] ?? 0;
    const octets = first < 0x80 ? 0 : first & 0x7f;
    const length =
      octets === 0 ? first : bytes.subarray(at + 2, at + 2 + octets).reduce((sum, byte) => sum * 256 + byte, 0);
    const content = at + 2 + octets;
    if (offset < content + length)
      return { index, content, end: content + length, constructed: ((bytes[at] ?? 0) & 0x20) !== 0 };
    at = content + length;
  }
  return undefined;
}
