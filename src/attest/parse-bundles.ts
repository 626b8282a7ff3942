import { checkCount, checkOptions } from '../bytes/check-options.ts';
import { utf8 } from '../bytes/encoding.ts';
import { FormatError } from '../errors.ts';
import type { Bundle } from './bundle.ts';
import { maxBundleBytes, readBundle } from './parse-bundle.ts';

/** Bounds on a file of many bundles. */
export interface BundleFileLimits {
  /** 100 by default. One more is an error: what was not looked at must not count as not there. */
  readonly maxBundles?: number | undefined;
  /** Bytes of the whole file; 128 MiB by default. */
  readonly maxBytes?: number | undefined;
}

const newline = 0x0a;

/**
 * Reads a file of many bundles (`*.sigstore.jsonl`): one bundle a line, as {@link parseBundle} reads it; empty lines
 * are left out. A line that is no bundle is an error that names the line. No line at all is an empty list.
 *
 * @throws FormatError `ERR_BUNDLE_INVALID` with the path of what is wrong; `ERR_LIMIT_EXCEEDED`.
 */
export function parseBundles(input: Uint8Array | string, limits: BundleFileLimits = {}): Bundle[] {
  checkOptions('parseBundles', limits, ['maxBundles', 'maxBytes']);
  const maxBundles = checkCount('maxBundles', limits.maxBundles, 100);
  const maxBytes = checkCount('maxBytes', limits.maxBytes, 8 * maxBundleBytes);
  const bytes = typeof input === 'string' ? bytesOf(input) : input;
  if (bytes.length > maxBytes) throw tooMany(`bytes, more than the limit of ${maxBytes}`, bytes.length, maxBytes);
  const bundles: Bundle[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    line++;
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found;
    const text = bytes.subarray(start, end);
    start = end + 1;
    if (text.every(isSpace)) continue;
    if (bundles.length === maxBundles) {
      throw tooMany(`bundles, more than the limit of ${maxBundles}`, maxBundles + 1, maxBundles);
    }
    bundles.push(readBundle(text, `bundle on line ${line}`));
  }
  return bundles;
}

function bytesOf(text: string): Uint8Array {
  // Encoding would turn it into another character without a word.
  if (!text.isWellFormed()) throw new FormatError('ERR_BUNDLE_INVALID', 'file of bundles holds a lone surrogate');
  return utf8(text);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function tooMany(what: string, actual: number, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `file of bundles has ${actual} ${what}`, { details: { limit } });
}
