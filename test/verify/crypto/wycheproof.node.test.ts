import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judgeWycheproof, type WycheproofFile } from './wycheproof.ts';

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof', import.meta.url));
const found = existsSync(folder);
const files = found ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

function read(name: string): WycheproofFile {
  return JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as WycheproofFile;
}

describe('Wycheproof', { timeout: 60_000 }, () => {
  const skipped = !found && process.env['CI'] === undefined;
  if (skipped) console.log('skipped: Wycheproof, for its folder of vectors is not beside the repository');

  it.skipIf(skipped)('has all its 7,579 vectors beside the repository', () => {
    const vectors = files.map((name) => read(name).testGroups.reduce((sum, { tests }) => sum + tests.length, 0));
    expect(vectors.reduce((sum, count) => sum + count, 0)).toBe(7579);
  });

  it.each(files)('%s is decided right from the bytes', async (name) => {
    expect((await judgeWycheproof(read(name), 'bytes')).wrong).toEqual([]);
  });

  it.each(files.filter((name) => !name.startsWith('ed25519')))('%s is decided right from the digest', async (name) => {
    const { wrong, acceptable } = await judgeWycheproof(read(name), 'digest');
    expect(wrong).toEqual([]);
    // All are DigestInfo without NULL, which RFC 8017 wants.
    expect(acceptable.filter((line) => !line.endsWith(': false'))).toEqual([]);
  });
});
