import { readdirSync, readFileSync } from 'node:fs';
import { vectors } from '../../vectors.ts';
import type { WycheproofFile } from './wycheproof.ts';

const suite = vectors('wycheproof', 'Wycheproof');

/** True where the suite is not there and need not be; see `test/vectors.ts`. */
export const skipped: boolean = suite.skipped;

/** The names of the files that are there. */
export const wycheproofNames: readonly string[] = suite.found
  ? readdirSync(suite.path).filter((name) => name.endsWith('.json'))
  : [];

/** Where a file is. */
export function wycheproofPath(name: string): string {
  return `${suite.path}/${name}`;
}

export function readWycheproof(name: string): WycheproofFile {
  return JSON.parse(readFileSync(wycheproofPath(name), 'utf8')) as WycheproofFile;
}
