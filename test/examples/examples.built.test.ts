import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const examples = new URL('../../examples/', import.meta.url).pathname;
const names = readdirSync(examples).filter((name) => name.endsWith('.ts') && name !== 'demo.ts');

// Each is a process of its own, and two of them derive keys by scrypt: on a busy machine that takes what it takes.
describe('an example', { timeout: 60_000 }, () => {
  it.each(names)('prints what its page shows: %s', async (name) => {
    const { stdout, stderr } = await run(process.execPath, [join(examples, name)]);
    expect(stderr).toBe('');
    expect(stdout).toBe(readFileSync(new URL(`${name}.out`, import.meta.url), 'utf8'));
  });

  it('of the whole path packs, signs, attests, copies, verifies, unpacks, and refuses what is wrong', async () => {
    const { stdout, stderr } = await run(process.execPath, [join(examples, 'demo.ts')]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/the pack is sha256:[0-9a-f]{64}/);
    expect(stdout).toContain('same digest, 0 blobs written');
    expect(stdout).toContain('and once more: 0 blobs moved');
    expect(stdout.match(/attached in/g)).toHaveLength(4);
    expect(stdout).toContain('and 5 referrers');
    for (const what of ['signature', 'slsaprovenance1', 'cyclonedx']) {
      expect(stdout).toMatch(new RegExp(`${what}: signed by the key sha256:[0-9a-f]{64}`));
    }
    expect(stdout).toContain('signed by dev@example.com (https://login.example)');
    const codes = [...stdout.matchAll(/refused: (\w+)/g)].map(([, code]) => code);
    expect(codes).toEqual([
      'ERR_SIGNATURE_INVALID',
      'ERR_IDENTITY_MISMATCH',
      'ERR_TIMESTAMP_MISSING',
      'ERR_DIGEST_MISMATCH',
    ]);
    expect(stdout).toContain('and nothing was written');
  });
});
