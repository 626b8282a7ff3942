import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const examples = new URL('../../examples/', import.meta.url).pathname;
const names = readdirSync(examples).filter((name) => name.endsWith('.ts') && name !== 'demo.ts');

describe('an example', () => {
  it.each(names)('prints what its page shows: %s', async (name) => {
    const { stdout, stderr } = await run(process.execPath, [join(examples, name)]);
    expect(stderr).toBe('');
    expect(stdout).toBe(readFileSync(new URL(`${name}.out`, import.meta.url), 'utf8'));
  });

  it('of the whole job packs, pushes, pulls, unpacks and refuses', async () => {
    const { stdout } = await run(process.execPath, [join(examples, 'demo.ts')]);
    expect(stdout).toMatch(/the pack is sha256:[0-9a-f]{64}/);
    expect(stdout).toContain('same digest, 0 blobs written');
    expect(stdout).toContain('and once more: 0 blobs moved');
    expect(stdout.split('same digest')).toHaveLength(3);
    expect(stdout).toContain('refused: ERR_DIGEST_MISMATCH');
    expect(stdout).toContain('and nothing was written');
  });
});
