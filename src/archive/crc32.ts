/**
 * The CRC-32 of RFC 1952 section 8, taking eight bytes a step ("slicing by 8").
 *
 * @param crc - what an earlier call gave, to go on from there
 */
export function crc32(bytes: Uint8Array, crc: number = 0): number {
  const t = (tables ??= buildTables());
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    c ^= byte(bytes, i) | (byte(bytes, i + 1) << 8) | (byte(bytes, i + 2) << 16) | (byte(bytes, i + 3) << 24);
    c =
      word(t, 1792 + (c & 255)) ^
      word(t, 1536 + ((c >>> 8) & 255)) ^
      word(t, 1280 + ((c >>> 16) & 255)) ^
      word(t, 1024 + (c >>> 24)) ^
      word(t, 768 + byte(bytes, i + 4)) ^
      word(t, 512 + byte(bytes, i + 5)) ^
      word(t, 256 + byte(bytes, i + 6)) ^
      word(t, byte(bytes, i + 7));
  }
  for (; i < bytes.length; i++) c = word(t, (c ^ byte(bytes, i)) & 255) ^ (c >>> 8);
  return ~c >>> 0;
}

let tables: Int32Array | undefined;

/** Eight tables in one array: row k is the CRC of a byte that k zero bytes follow. */
function buildTables(): Int32Array {
  const t = new Int32Array(8 * 256);
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    t[n] = c;
  }
  for (let n = 256; n < t.length; n++) {
    const c = word(t, n - 256);
    t[n] = word(t, c & 255) ^ (c >>> 8);
  }
  return t;
}

// Every index is within bounds; the casts spare the hot loop a test that noUncheckedIndexedAccess would ask for.
function byte(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function word(table: Int32Array, index: number): number {
  return table[index] as number;
}
