import { algorithmOf, hexOf, isDigest, type Digest } from '../../../digest/digest.ts';

/** The name of a blob below the prefix of a store: `sha256/9f/9f86d0…`. */
export function nameOfBlob(digest: Digest): string {
  const hex = hexOf(digest);
  return `${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}`;
}

/** The digest in the name of a blob; undefined for what is none. */
export function digestOfName(name: string): Digest | undefined {
  const [algorithm, start, hex = '', ...rest] = name.split('/');
  const digest = `${algorithm}:${hex}`;
  return rest.length === 0 && isDigest(digest) && start === hex.slice(0, 2) ? digest : undefined;
}

/** Says when a blob was last found by a writer: an object of this name, whose time of writing is that time. */
export function nameOfMark(digest: Digest): string {
  return `found/${nameOfBlob(digest)}`;
}
