import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandInput, ProgramHost } from '../../src/cli/index.ts';
import { generateSigningKey } from '../../src/adapters/signer/key.ts';
import { formatPem } from '../../src/bytes/pem.ts';
import { emptyFolder, run } from './run-command.ts';

const password = (PACKWRIGHT_PASSWORD: string): Partial<ProgramHost> => ({ env: { PACKWRIGHT_PASSWORD } });

/** A person who types these lines, one for each question. */
function person(...answers: string[]): { readonly input: CommandInput; readonly asked: string[] } {
  const asked: string[] = [];
  const ask: CommandInput['ask'] = async (question, { hidden }) => {
    asked.push(`${question}${hidden ? '' : '(shown)'}`);
    return answers.shift() ?? '';
  };
  return { asked, input: { terminal: true, readAll: () => Promise.reject(new Error('nothing is piped')), ask } };
}

// Each key is sealed by scrypt: on a busy machine that takes what it takes.
describe('packwright keys', { timeout: 30_000 }, () => {
  it('makes a key pair that it can show, with the private key for its user alone', async () => {
    const folder = await emptyFolder();
    const made = await run(folder, ['keys', 'generate'], password('pässword'));
    expect(made).toEqual({ code: 0, stdout: 'cosign.key\ncosign.pub\n', stderr: '' });
    const [key, pub] = [join(folder, 'cosign.key'), join(folder, 'cosign.pub')];
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const pem = await readFile(pub, 'utf8');
    expect(await readFile(key, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n/);
    const shown = await run(folder, ['keys', 'public', '--key', 'cosign.key'], {
      env: { COSIGN_PASSWORD: 'pässword' },
    });
    expect(shown).toEqual({ code: 0, stdout: pem, stderr: '' });
    const wrong = await run(folder, ['keys', 'public', '--key', 'cosign.key', '--json'], password('other-secret'));
    expect(wrong).toMatchObject({ code: 20, stdout: '' });
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'ERR_KEY_PASSWORD' } });
    expect(wrong.stderr).not.toContain('other-secret');
  });

  it('replaces no key that is there, and asks for no password before it says so, unless it is forced', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'k.pub'), 'precious');
    const { input, asked } = person('a', 'a');
    const refused = await run(folder, ['keys', 'generate', '--output-key-prefix', 'k'], { input });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('hint: give another --output-key-prefix, or add --force');
    expect(asked).toEqual([]);
    expect(await readFile(join(folder, 'k.pub'), 'utf8')).toBe('precious');
    const forced = await run(folder, ['keys', 'generate', '--output-key-prefix', 'k', '--force', '--json'], { input });
    expect(asked).toEqual(['Password for the new private key: ', 'The same again: ']);
    expect(JSON.parse(forced.stdout)).toMatchObject({
      privateKey: 'k.key',
      publicKey: 'k.pub',
      algorithm: 'PKIX_ECDSA_P256_SHA_256',
      keyId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string,
    });
    expect(await readFile(join(folder, 'k.pub'), 'utf8')).toContain('BEGIN PUBLIC KEY');
  });

  it('leaves one pair where several are made at once', async () => {
    const folder = await emptyFolder();
    const all = await Promise.all([1, 2, 3].map(() => run(folder, ['keys', 'generate'], password('pw'))));
    expect(all.map(({ code }) => code).sort()).toEqual([0, 2, 2]);
    const shown = await run(folder, ['keys', 'public', '--key', 'cosign.key'], password('pw'));
    expect(shown.stdout).toBe(await readFile(join(folder, 'cosign.pub'), 'utf8'));
  });

  it('leaves no half of a pair, and writes through no link', async () => {
    const folder = await emptyFolder();
    await symlink(join(folder, 'elsewhere'), join(folder, 'cosign.pub'));
    expect(await run(folder, ['keys', 'generate'], password('pw'))).toMatchObject({ code: 2, stdout: '' });
    expect(await readdir(folder)).toEqual(['cosign.pub']);
  });

  it('reads a key from a variable of the environment, and says no more of one that is not there', async () => {
    const folder = await emptyFolder();
    await run(folder, ['keys', 'generate'], password('pw'));
    const CI_KEY = await readFile(join(folder, 'cosign.key'), 'utf8');
    const env = { CI_KEY, PACKWRIGHT_PASSWORD: 'pw', LARGE: 'a'.repeat(70_000) };
    const shown = await run(folder, ['keys', 'public', '--key', 'env://CI_KEY'], { env });
    expect(shown.stdout).toBe(await readFile(join(folder, 'cosign.pub'), 'utf8'));
    expect(await run(folder, ['keys', 'public', '--key', 'env://NO_KEY'], { env })).toMatchObject({ code: 2 });
    expect(await run(folder, ['keys', 'public', '--key', 'env://LARGE'], { env })).toMatchObject({ code: 30 });
  });

  it.each([
    ['the address of a service', 'gcpkms://projects/secret-project/keys/one', 'gcpkms service'],
    ['a token of PKCS#11', 'pkcs11:token=a?pin-value=secret-pin', 'pkcs11 service'],
    ['the key itself', '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----', 'belongs into a file'],
    ['a JWK itself', '{"kty":"EC","d":"secret"}', 'belongs into a file'],
  ])('refuses %s, and does not repeat it', async (_, key, text) => {
    const refused = await run(await emptyFolder(), ['keys', 'public', '--key', key, '--json']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain(text);
    expect(refused.stderr).not.toContain('secret');
  });

  it('writes nothing where what was typed differs, and where nobody is there', async () => {
    const folder = await emptyFolder();
    expect(await run(folder, ['keys', 'generate'], { input: person('a', 'b').input })).toMatchObject({ code: 2 });
    const nobody = await run(folder, ['keys', 'generate']);
    expect(nobody).toMatchObject({ code: 2, stdout: '' });
    expect(nobody.stderr).toContain('PACKWRIGHT_PASSWORD');
    await expect(stat(join(folder, 'cosign.key'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('imports a key of another program, of the algorithm that it has', async () => {
    const folder = await emptyFolder();
    const { pair } = await generateSigningKey({ algorithm: 'PKIX_ECDSA_P384_SHA_384' });
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
    await writeFile(join(folder, 'plain.pem'), formatPem('PRIVATE KEY', pkcs8));
    const imported = await run(folder, ['keys', 'import', '--key', 'plain.pem', '--json'], password(''));
    expect(JSON.parse(imported.stdout)).toMatchObject({
      privateKey: 'import-cosign.key',
      algorithm: 'PKIX_ECDSA_P384_SHA_384',
    });
    const shown = await run(folder, ['keys', 'public', '--key', 'import-cosign.key', '--json'], password(''));
    expect(JSON.parse(shown.stdout)).toEqual({
      publicKey: await readFile(join(folder, 'import-cosign.pub'), 'utf8'),
      algorithm: 'PKIX_ECDSA_P384_SHA_384',
    });
  });

  it.each([
    ['an action that is none', ['rotate'], 2, 'none of generate, import, public'],
    ['an import of nothing', ['import'], 2, '--key FILE'],
    ['a file that is not there', ['public', '--key', 'gone'], 2, 'does not exist'],
    ['a file that is no key', ['public', '--key', 'readme'], 1, 'no private key in PEM'],
    ['a flag of another action', ['generate', '--key', 'readme'], 2, 'does not go with keys generate'],
    ['an algorithm that is none', ['generate', '--algorithm', 'ML-DSA'], 2, 'ML-DSA'],
    ['an algorithm that no file says', ['generate', '--algorithm', 'PKIX_RSA_PSS_3072_SHA256'], 2, 'file of a key'],
    ['a folder that is a file', ['generate', '--output-key-prefix', 'readme/k'], 1, 'cannot be written'],
  ])('refuses %s', async (_, argv, code, text) => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'readme'), 'hello');
    const refused = await run(folder, ['keys', ...argv], password('pw'));
    expect(refused).toMatchObject({ code, stdout: '' });
    expect(refused.stderr).toContain(text);
  });
});
