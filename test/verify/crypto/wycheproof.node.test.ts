import { describe, expect, it } from 'vitest';
import { readWycheproof, skipped, wycheproofNames } from './wycheproof-files.ts';
import { judgeWycheproof } from './wycheproof.ts';

// Pure Ed25519 has no digest; r || s is the same question as DER once it is DER. Hashes that a curve does not have of its
// own are left to test/runtimes, which looks at everything and takes its time.
const withDigest = wycheproofNames.filter((name) => !/ed25519|p1363|secp(256|384)r1_sha512/.test(name));

describe('Wycheproof', { timeout: 60_000 }, () => {
  it.skipIf(skipped)('has all its 7,579 vectors beside the repository', () => {
    const vectors = wycheproofNames.flatMap((name) => readWycheproof(name).testGroups.map(({ tests }) => tests.length));
    expect(vectors.reduce((sum, count) => sum + count, 0)).toBe(7579);
  });

  it.each(wycheproofNames)('%s is decided right from the bytes', async (name) => {
    expect((await judgeWycheproof(readWycheproof(name), 'bytes')).wrong).toEqual([]);
  });

  it.each(withDigest)('%s is decided right from the digest', async (name) => {
    const { wrong, acceptable } = await judgeWycheproof(readWycheproof(name), 'digest');
    expect(wrong).toEqual([]);
    // All are DigestInfo without NULL, which RFC 8017 wants.
    expect(acceptable.filter((line) => !line.endsWith(': false'))).toEqual([]);
  });

  it.each(wycheproofNames.filter((name) => name.startsWith('ed25519')))(
    '%s is decided right without the platform',
    async (name) => {
      expect((await judgeWycheproof(readWycheproof(name), 'portable')).wrong).toEqual([]);
    },
  );
});
