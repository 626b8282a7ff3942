import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyFolder, run } from './run-command.ts';

/** A folder with two files, one of them executable, and a layout `packs` that has them as 1.0. */
async function someLayout(): Promise<string> {
  const folder = await emptyFolder();
  await mkdir(join(folder, 'app/bin'), { recursive: true });
  await writeFile(join(folder, 'app/bin/run'), '#!/bin/sh\n');
  await chmod(join(folder, 'app/bin/run'), 0o755);
  await writeFile(join(folder, 'readme.txt'), 'read me\n');
  expect(await run(folder, ['pack', 'app', 'readme.txt:text/plain', '-o', 'oci:packs:1.0'])).toMatchObject({ code: 0 });
  return folder;
}

const digestIn = (text: string): string => /sha256:[0-9a-f]{64}/.exec(text)?.[0] ?? 'no digest';

describe('packwright pack', () => {
  it('prints the reference with its digest on stdout, and progress on stderr', async () => {
    const folder = await someLayout();
    const { stdout, stderr } = await run(folder, ['pack', 'readme.txt', '-o', 'oci:packs:2.0']);
    expect(stdout).toMatch(/^oci:packs:2\.0@sha256:[0-9a-f]{64}\n$/);
    expect(stderr).toContain('readme.txt');
  });

  it('prints one document with --json and nothing else with --quiet', async () => {
    const folder = await someLayout();
    const { stdout, stderr } = await run(folder, ['pack', 'readme.txt', '-o', 'oci:packs:2.0', '--json', '--quiet']);
    const document = JSON.parse(stdout) as { reference: string; layers: unknown[] };
    expect(document.reference).toContain('oci:packs:2.0@sha256:');
    expect(document.layers).toHaveLength(1);
    expect(stderr).toBe('');
  });

  it('gives the same digest from any folder and in any archive', async () => {
    const folder = await someLayout();
    const one = await run(folder, ['pack', 'readme.txt', '-o', 'oci:a']);
    const two = await run(join(folder, 'app'), ['pack', '../readme.txt', '--name', 'readme.txt', '-o', 'oci:../b']);
    const three = await run(folder, ['pack', 'readme.txt', '-o', 'oci-archive:c.tar:x']);
    expect(digestIn(two.stdout)).toBe(digestIn(one.stdout));
    expect(digestIn(three.stdout)).toBe(digestIn(one.stdout));
    expect((await readdir(folder)).sort()).toEqual(['a', 'app', 'b', 'c.tar', 'packs', 'readme.txt']);
  });

  it('keeps media types, artifact type and annotations', async () => {
    const folder = await someLayout();
    await writeFile(join(folder, 'notes.json'), '{"$manifest":{"a":"file","b":"file"},"readme.txt":{"c":"d"}}');
    const flags = ['--artifact-type', 'application/vnd.example', '-a', 'a=flag=x', '--annotation-file', 'notes.json'];
    await run(folder, ['pack', 'readme.txt:text/plain', '-o', 'oci:packs:3', ...flags]);
    const { stdout } = await run(folder, ['inspect', '--raw', 'oci:packs:3']);
    expect(JSON.parse(stdout)).toMatchObject({
      artifactType: 'application/vnd.example',
      annotations: { a: 'flag=x', b: 'file' },
      layers: [{ mediaType: 'text/plain', annotations: { c: 'd', 'org.opencontainers.image.title': 'readme.txt' } }],
    });
  });

  it.each([
    ['a path outside of the folder without a name', ['pack', '../x', '-o', 'oci:y']],
    ['a file that is missing', ['pack', 'missing', '-o', 'oci:y']],
    ['a flag that is not known', ['pack', 'readme.txt', '-o', 'oci:y', '--bogus']],
    ['no target', ['pack', 'readme.txt']],
    ['a registry to clean up', ['gc', 'registry.example/app:1']],
    ['a reference that is none', ['pack', 'readme.txt', '-o', 'oci:']],
    ['a flag for locks with files', ['pack', 'readme.txt', '-o', 'oci:y', '--omit', 'dev']],
    ['a scope that does not exist', ['pack', 'readme.txt', '-o', 'oci:y', '--omit', 'production']],
    ['--as lock with two files', ['pack', 'readme.txt', 'app', '-o', 'oci:y', '--as', 'lock']],
    ['a number that is none', ['pack', 'readme.txt', '-o', 'oci:y', '--concurrency', '0']],
    ['an annotation without a value', ['pack', 'readme.txt', '-o', 'oci:y', '-a', 'key']],
    ['two names for one path', ['pack', 'readme.txt', '-o', 'oci:y', '--name', 'a', '--name', 'b']],
  ])('refuses %s with exit code 2, and writes nothing', async (_what, argv) => {
    const folder = await someLayout();
    await writeFile(join(folder, '../x'), '');
    const { code, stdout, stderr } = await run(folder, argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^packwright: \S/);
    expect(existsSync(join(folder, 'y'))).toBe(false);
  });

  it('refuses annotations for a path that is not packed', async () => {
    const folder = await someLayout();
    await writeFile(join(folder, 'notes.json'), '{"other.txt":{"c":"d"}}');
    const { code, stderr } = await run(folder, [
      'pack',
      'readme.txt',
      '-o',
      'oci:y',
      '--annotation-file',
      'notes.json',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('other.txt');
  });

  it.each(['[]', '{"$manifest":"text"}', '{"$manifest":{"a":1}}'])('refuses %s as annotations', async (text) => {
    const folder = await someLayout();
    await writeFile(join(folder, 'notes.json'), text);
    const argv = ['pack', 'readme.txt', '-o', 'oci:y', '--annotation-file', 'notes.json', '--json'];
    const { code, stderr } = await run(folder, argv);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ERR_INVALID_ARGUMENT' } });
  });

  it('packs a file that only looks like a media type by its whole name', async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, 'a:text'));
    await writeFile(join(folder, 'a:text/plain'), 'x');
    const { code, stderr } = await run(folder, ['pack', 'a:text/plain', '--name', 'a.txt', '-o', 'oci:y:1', '-q']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});

describe('packwright pack of a lockfile', () => {
  const lock = JSON.stringify({
    name: 'x',
    lockfileVersion: 3,
    packages: {
      '': { name: 'x' },
      'packages/one': { version: '1.0.0' },
      'node_modules/one': { resolved: 'packages/one', link: true },
    },
  });

  it('knows one by its name and by its content, and lists what it leaves out', async () => {
    const folder = await emptyFolder();
    for (const name of ['package-lock.json', 'renamed']) {
      await writeFile(join(folder, name), lock);
      const argv = ['pack', name, '-o', `oci:packs:${name}`, '--skip', 'link', '--offline'];
      expect(await run(folder, argv)).toMatchObject({ code: 0 });
      const { stdout } = await run(folder, ['inspect', `oci:packs:${name}`]);
      expect(stdout).toMatch(/not packed\s+link\s+packages\/one/);
    }
  });

  it('names every entry that cannot be packed, and the flag that leaves it out', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'package-lock.json'), lock);
    const { code, stderr } = await run(folder, ['pack', 'package-lock.json', '-o', 'oci:packs:1', '--offline']);
    expect(code).toBe(30);
    expect(stderr).toContain('packages/one');
    expect(stderr).toMatch(/hint: .*link/);
    expect(existsSync(join(folder, 'packs'))).toBe(false);
  });

  it('packs it as a plain file only when told to', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'package-lock.json'), 'not a lock');
    expect(await run(folder, ['pack', 'package-lock.json', '-o', 'oci:p:1'])).toMatchObject({ code: 30 });
    expect(await run(folder, ['pack', 'package-lock.json', '-o', 'oci:p:1', '--as', 'files'])).toMatchObject({
      code: 0,
    });
  });

  it('refuses flags that are for files', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'package-lock.json'), lock);
    const argv = ['pack', 'package-lock.json', '-o', 'oci:p:1', '--artifact-type', 'a/b'];
    expect(await run(folder, argv)).toMatchObject({ code: 2 });
  });

  it('fails unless exactly the frozen lock comes out', async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, 'package-lock.json'), lock);
    const argv = ['pack', 'package-lock.json', '-o', 'oci:p:1', '--skip', 'link', '--offline'];
    await run(folder, argv);
    const { stdout } = await run(folder, ['inspect', '--raw', 'oci:p:1']);
    const { config } = JSON.parse(stdout) as { config: { digest: string } };
    const frozen = await readFile(join(folder, 'p/blobs', config.digest.replace(':', '/')), 'utf8');
    await writeFile(join(folder, 'frozen.json'), frozen);
    expect(await run(folder, [...argv, '--frozen', 'frozen.json'])).toMatchObject({ code: 0 });
    await writeFile(join(folder, 'package-lock.json'), `${lock}\n`);
    expect((await run(folder, [...argv, '--frozen', 'frozen.json'])).code).not.toBe(0);
  });
});

describe('packwright unpack', () => {
  it('writes the tree with its executable bit, and lists it', async () => {
    const folder = await someLayout();
    const { stdout } = await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out']);
    expect(stdout.split('\n').sort()).toEqual(['', 'app/', 'app/bin/', 'app/bin/run', 'readme.txt']);
    expect((await stat(join(folder, 'out/app/bin/run'))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(folder, 'out/readme.txt'), 'utf8')).toBe('read me\n');
  });

  it('leaves a folder that is not empty as it was, and adds to it with --merge', async () => {
    const folder = await someLayout();
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out/mine'), '');
    expect(await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out'])).toMatchObject({ code: 1, stdout: '' });
    expect(await readdir(join(folder, 'out'))).toEqual(['mine']);
    expect(await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out', '--merge'])).toMatchObject({ code: 0 });
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['app', 'mine', 'readme.txt']);
  });

  it('writes only what --include names', async () => {
    const folder = await someLayout();
    await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out', '--include', '*.txt']);
    expect(await readdir(join(folder, 'out'))).toEqual(['readme.txt']);
  });

  it('makes no cache of npm from a pack without a lock', async () => {
    const folder = await someLayout();
    expect(await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out', '--as', 'npm-cache'])).toMatchObject({ code: 2 });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('refuses a flipped byte with exit code 30, and writes nothing', async () => {
    const folder = await someLayout();
    const blobs = join(folder, 'packs/blobs/sha256');
    for (const name of await readdir(blobs)) {
      const bytes = await readFile(join(blobs, name));
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1);
      await writeFile(join(blobs, name), bytes);
      const { code, stdout } = await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out']);
      expect({ code, stdout }).toEqual({ code: 30, stdout: '' });
      expect(existsSync(join(folder, 'out'))).toBe(false);
      bytes.writeUInt8(bytes.readUInt8(0) ^ 1);
      await writeFile(join(blobs, name), bytes);
    }
  });
});

describe('packwright copy, export and import', () => {
  it('keep the digest, and take referrers along unless told not to', async () => {
    const folder = await someLayout();
    await run(folder, [
      'attach',
      'oci:packs:1.0',
      'readme.txt',
      '--artifact-type',
      'application/vnd.note',
      '-a',
      'k=v',
    ]);
    const { stdout: listed } = await run(folder, ['referrers', 'oci:packs:1.0']);
    expect(listed).toMatch(/^sha256:[0-9a-f]{64} {2}application\/vnd\.note {2}k=v\n$/);
    await run(folder, ['copy', 'oci:packs:1.0', 'oci:two:x']);
    await run(folder, ['export', 'oci:packs:1.0', '-o', 'app.tar']);
    await run(folder, ['import', 'app.tar', 'oci:three:x']);
    await run(folder, ['copy', 'oci:packs:1.0', 'oci:four:x', '--no-referrers']);
    await run(folder, ['copy', 'oci:packs:1.0', 'oci-archive:bare.tar:x', '--no-referrers']);
    expect((await run(folder, ['referrers', 'oci:two:x'])).stdout).toBe(listed);
    expect((await run(folder, ['referrers', 'oci:three:x'])).stdout).toBe(listed);
    expect((await run(folder, ['referrers', 'oci-archive:app.tar:1.0'])).stdout).toBe(listed);
    expect((await run(folder, ['referrers', 'oci:four:x'])).stdout).toBe('');
    expect((await run(folder, ['referrers', 'oci-archive:bare.tar'])).stdout).toBe('');
    expect((await run(folder, ['diff', 'oci:packs:1.0', 'oci:three:x'])).stdout).toBe('');
  });

  it('write the same archive bytes each time, and replace the file', async () => {
    const folder = await someLayout();
    await run(folder, ['export', 'oci:packs:1.0', '-o', 'a.tar']);
    await writeFile(join(folder, 'b.tar'), 'something else');
    await run(folder, ['copy', 'oci:packs:1.0', 'oci-archive:b.tar:1.0']);
    expect(await readFile(join(folder, 'b.tar'))).toEqual(await readFile(join(folder, 'a.tar')));
  });

  it('copy every tag with --all-tags, into a layout and into an archive', async () => {
    const folder = await someLayout();
    await run(folder, ['tag', 'oci:packs:1.0', 'stable']);
    expect((await run(folder, ['copy', 'oci:packs', 'oci:two', '--all-tags'])).stdout).toBe('1.0\nstable\n');
    await run(folder, ['copy', 'oci:packs', 'oci-archive:two.tar', '--all-tags']);
    expect((await run(folder, ['tags', 'oci-archive:two.tar'])).stdout).toBe('1.0\nstable\n');
  });

  it('write nothing with --dry-run, and tell what they would', async () => {
    const folder = await someLayout();
    for (const to of ['oci:two:1', 'oci-archive:two:1']) {
      const { stderr, code } = await run(folder, ['copy', 'oci:packs:1.0', to, '--dry-run']);
      expect(code).toBe(0);
      expect(stderr).toMatch(/would copy [34] blobs/);
    }
    expect(existsSync(join(folder, 'two'))).toBe(false);
  });

  it('leave what is there with --if-absent', async () => {
    const folder = await someLayout();
    await writeFile(join(folder, 'taken.tar'), 'x');
    await run(folder, ['copy', 'oci:packs:1.0', 'oci-archive:taken.tar:1', '--if-absent']);
    expect(await readFile(join(folder, 'taken.tar'), 'utf8')).toBe('x');
  });

  it('say what is wrong with a source that is not there', async () => {
    const folder = await someLayout();
    expect(await run(folder, ['copy', 'oci:packs:9', 'oci:two:9'])).toMatchObject({ code: 11, stdout: '' });
    expect(await run(folder, ['import', 'missing.tar', 'oci:two:9'])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(folder, ['export', 'oci:packs:1.0', '-o', 'no/such/folder/x.tar'])).toMatchObject({ code: 1 });
    expect(existsSync(join(folder, 'two'))).toBe(false);
  });
});

describe('packwright inspect, resolve and diff', () => {
  it('show digest, type, entries and sizes without reading a layer', async () => {
    const folder = await someLayout();
    const { stdout } = await run(folder, ['inspect', 'oci:packs:1.0']);
    expect(stdout).toMatch(/^digest +sha256:/);
    expect(stdout).toMatch(/8 B +readme\.txt/);
    const { stdout: json } = await run(folder, ['inspect', 'oci:packs:1.0', '--json']);
    expect(JSON.parse(json)).toMatchObject({ entries: [{ path: 'app' }, { path: 'readme.txt' }] });
  });

  it('find the only manifest without a tag, and list them where there are several', async () => {
    const folder = await someLayout();
    const { stdout: digest } = await run(folder, ['resolve', 'oci:packs']);
    expect((await run(folder, ['resolve', `oci:packs@${digest.trim()}`])).stdout).toBe(digest);
    await run(folder, ['pack', 'readme.txt', '-o', 'oci:packs:2']);
    const { code, stderr } = await run(folder, ['resolve', 'oci:packs', '--json']);
    expect(code).toBe(2);
    expect(stderr).toContain(digest.trim());
  });

  it('tell what was added, removed and changed', async () => {
    const folder = await someLayout();
    await writeFile(join(folder, 'readme.txt'), 'other\n');
    await writeFile(join(folder, 'new.txt'), 'new\n');
    await run(folder, ['pack', 'readme.txt:text/plain', 'new.txt', '-o', 'oci:packs:2']);
    const { stdout } = await run(folder, ['diff', 'oci:packs:1.0', 'oci:packs:2']);
    expect(stdout.split('\n').map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
      'removed app',
      'added new.txt',
      'changed readme.txt',
      '',
    ]);
  });
});

describe('packwright tag, delete, gc and audit', () => {
  it('delete a tag, and after it what nothing leads to', async () => {
    const folder = await someLayout();
    const { stdout: digest } = await run(folder, ['resolve', 'oci:packs:1.0']);
    expect((await run(folder, ['delete', 'oci:packs:1.0'])).stdout).toBe('1.0\n');
    expect(await run(folder, ['delete', 'oci:packs:1.0'])).toMatchObject({ code: 11 });
    expect(await run(folder, ['delete', 'oci:packs'])).toMatchObject({ code: 2 });
    expect(await run(folder, ['delete', `oci:packs@${digest.trim()}`])).toMatchObject({ code: 0 });
    expect((await run(folder, ['gc', 'oci:packs'])).stdout).toContain('deleted 0 of 3');
    expect((await run(folder, ['gc', 'oci:packs', '--dry-run', '--no-grace'])).stdout).toContain('would delete 3 of 3');
    expect((await run(folder, ['gc', 'oci:packs', '--no-grace'])).stdout).toContain('deleted 3 of 3');
    expect((await run(folder, ['audit', 'oci:packs'])).stdout).toMatch(/^whole: 0 blobs/);
  });

  it('keep everything that a tag leads to', async () => {
    const folder = await someLayout();
    expect((await run(folder, ['gc', 'oci:packs', '--no-grace'])).stdout).toContain('deleted 0 of 0');
    expect(await run(folder, ['unpack', 'oci:packs:1.0', '-o', 'out'])).toMatchObject({ code: 0 });
  });

  it('find a damaged blob and a missing one', async () => {
    const folder = await someLayout();
    const { stdout } = await run(folder, ['inspect', '--raw', 'oci:packs:1.0']);
    const { layers } = JSON.parse(stdout) as { layers: { digest: string }[] };
    await writeFile(join(folder, 'packs/blobs', layers[1]?.digest.replace(':', '/') ?? ''), 'ree me\n\n');
    const report = await run(folder, ['audit', 'oci:packs']);
    expect(report.code).toBe(30);
    expect(report.stdout).toMatch(/^corrupt +sha256:/);
  });

  it('do not change an archive', async () => {
    const folder = await someLayout();
    await run(folder, ['export', 'oci:packs:1.0', '-o', 'a.tar']);
    expect(await run(folder, ['tag', 'oci-archive:a.tar:1.0', 'new'])).toMatchObject({ code: 2 });
  });
});

describe('packwright extract', () => {
  it('writes what is in an archive, all or nothing', async () => {
    const folder = await someLayout();
    await run(folder, ['export', 'oci:packs:1.0', '-o', 'a.tar']);
    const { stdout } = await run(folder, ['extract', 'a.tar', '-o', 'out']);
    expect(stdout).toMatch(/^oci-layout\nindex\.json\n/);
    const bytes = await readFile(join(folder, 'a.tar'));
    await writeFile(join(folder, 'cut.tar'), bytes.subarray(0, 2000));
    expect(await run(folder, ['extract', 'cut.tar', '-o', 'cut'])).toMatchObject({ code: 30, stdout: '' });
    expect(existsSync(join(folder, 'cut'))).toBe(false);
  });
});
