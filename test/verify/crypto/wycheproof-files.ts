import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { WycheproofFile } from './wycheproof.ts';

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof', import.meta.url));
const found = existsSync(folder);

/** True where the vectors are not beside the repository: a user's clone. CI must have them. */
export const skipped: boolean = !found && process.env['CI'] === undefined;
if (skipped) console.log('skipped: Wycheproof, for its folder of vectors is not beside the repository');

/** The names of the files that are there. */
export const wycheproofNames: readonly string[] = found
  ? readdirSync(folder).filter((name) => name.endsWith('.json'))
  : [];

/** Where a file is. */
export function wycheproofPath(name: string): string {
  return `${folder}/${name}`;
}

export function readWycheproof(name: string): WycheproofFile {
  return JSON.parse(readFileSync(wycheproofPath(name), 'utf8')) as WycheproofFile;
}
