import { describe, expect, it } from 'vitest';
import { pkg, read, sri, v3 } from './npm-lockfile.ts';

const sha1 = 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=';

function only(entry: Record<string, unknown>, location = 'node_modules/a') {
  return read(v3({ '': {}, [location]: entry }));
}

describe('an entry of packages', () => {
  it('becomes an entry with path, purl, origin and integrity', () => {
    const origin = 'https://registry.example/@s/a/-/a-1.2.3.tgz';
    const { entries } = only(pkg('1.2.3', { resolved: origin, license: 'MIT', os: ['linux'] }), 'node_modules/@s/a');
    expect(entries).toEqual([
      {
        path: 'npm/@s/a/1.2.3.tgz',
        name: '@s/a',
        version: '1.2.3',
        purl: 'pkg:npm/%40s/a@1.2.3',
        origin,
        integrity: sri('1.2.3'),
        mediaType: 'application/gzip',
        scope: ['prod'],
        ways: [[]],
        os: ['linux'],
        cpu: [],
        libc: [],
        license: 'MIT',
        installPaths: ['node_modules/@s/a'],
        dependsOn: [],
      },
    ]);
  });

  it('has no origin where resolved is absent', () => {
    expect(only(pkg('1.0.0')).entries[0]).not.toHaveProperty('origin');
  });

  it('loses the user info of its origin', () => {
    const { entries } = only(pkg('1.0.0', { resolved: 'https://me:secret@registry.example/a.tgz' }));
    expect(entries[0]?.origin).toBe('https://registry.example/a.tgz');
  });

  it('keeps an integrity of several hashes as it is', () => {
    const integrity = `${sha1} ${sri('x')} ${sri('x', 'sha256')}`;
    expect(only({ version: '1.0.0', integrity }).entries[0]?.integrity).toBe(integrity);
  });

  it('takes the name of the package from an alias', () => {
    const { entries } = only(pkg('1.0.0', { name: 'real' }));
    expect(entries[0]).toMatchObject({ name: 'real', path: 'npm/real/1.0.0.tgz', installPaths: ['node_modules/a'] });
  });

  it('takes one system as a list of one', () => {
    expect(only(pkg('1.0.0', { os: 'darwin', license: '' })).entries[0]).toMatchObject({ os: ['darwin'] });
  });

  it('escapes build metadata in its purl', () => {
    expect(only(pkg('1.0.0+b.5')).entries[0]?.purl).toBe('pkg:npm/a@1.0.0%2Bb.5');
  });

  it.each([
    ['git', { version: '1.0.0', resolved: 'git+ssh://git@git.example/a.git#abc', integrity: sri('x') }],
    ['git', { version: '1.0.0', resolved: 'github:o/a#abc' }],
    ['git', { version: '1.0.0', resolved: 'o/a#abc' }],
    ['file', { version: '1.0.0', resolved: 'file:a.tgz', integrity: sri('x') }],
    ['no-integrity', { version: '1.0.0', resolved: 'https://codeload.example/o/a/tar.gz/abc' }],
    ['no-integrity', { version: '1.0.0', integrity: 'sha999-abcd' }],
    ['weak-integrity', { version: '1.0.0', integrity: sha1 }],
  ])('is named as %s: %j', (reason, entry) => {
    const { entries, unpackable } = only(entry);
    expect(entries).toEqual([]);
    expect(unpackable).toMatchObject([
      { path: 'node_modules/a', name: 'a', version: '1.0.0', reason, scope: ['prod'] },
    ]);
  });
});

describe('places of one tarball', () => {
  it('become one entry with several install paths', () => {
    const { entries } = read(
      v3({
        '': {},
        'node_modules/b/node_modules/a': pkg('1.0.0'),
        'node_modules/a': pkg('1.0.0'),
        'node_modules/b': pkg('2.0.0'),
      }),
    );
    expect(entries[0]?.installPaths).toEqual(['node_modules/a', 'node_modules/b/node_modules/a']);
    expect(entries).toHaveLength(2);
  });

  it('stay one entry when one of them has more hashes', () => {
    const { entries } = read(
      v3({
        'node_modules/a': { version: '1.0.0', integrity: sri('x') },
        'node_modules/b': { name: 'a', version: '1.0.0', integrity: `${sri('x')} ${sri('x', 'sha256')}` },
      }),
    );
    expect(entries).toHaveLength(1);
  });

  it('are two entries with paths of their own when nothing says that their bytes are the same', () => {
    const { entries } = read(
      v3({
        'node_modules/a': { version: '1.0.0', integrity: sri('x') },
        'node_modules/b': { name: 'a', version: '1.0.0', integrity: sri('x', 'sha256') },
      }),
    );
    expect(entries.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^npm\/a\/1\.0\.0~sha256-[0-9a-f]{16}\.tgz$/),
      expect.stringMatching(/^npm\/a\/1\.0\.0~sha512-[0-9a-f]{16}\.tgz$/),
    ]);
  });

  it('are refused when they pin different bytes, and both are named', () => {
    const bytes = v3({
      'node_modules/a': pkg('1.0.0'),
      'node_modules/b': { name: 'a', version: '1.0.0', integrity: sri('y') },
    });
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({
        code: 'ERR_LOCK_ENTRY',
        issues: [
          { path: 'packages["node_modules/b"]', message: expect.stringContaining('"node_modules/a"') as string },
        ],
      }),
    );
  });

  it('get the smallest origin, whatever comes first', () => {
    const { entries } = read(
      v3({
        'node_modules/a': pkg('1.0.0', { resolved: 'https://z.example/a.tgz' }),
        'node_modules/b': pkg('1.0.0', { name: 'a', resolved: 'https://b.example/a.tgz' }),
      }),
    );
    expect(entries[0]?.origin).toBe('https://b.example/a.tgz');
  });
});

describe('names that differ in case alone', () => {
  it('get folders of their own', () => {
    const { entries } = read(v3({ 'node_modules/JSONStream': pkg('1.0.0'), 'node_modules/jsonstream': pkg('2.0.0') }));
    expect(entries.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^npm\/JSONStream~[0-9a-f]{8}\/1\.0\.0\.tgz$/),
      'npm/jsonstream/2.0.0.tgz',
    ]);
  });

  it('keep their capitals where nothing rivals them', () => {
    expect(only(pkg('1.0.0'), 'node_modules/JSONStream').entries[0]?.path).toBe('npm/JSONStream/1.0.0.tgz');
  });

  it('get scopes of their own, and versions too', () => {
    const { entries } = read(
      v3({
        'node_modules/@S/a': pkg('1.0.0'),
        'node_modules/@s/A': pkg('2.0.0'),
        'node_modules/@s/b': pkg('1.0.0-RC'),
        'node_modules/c/node_modules/@s/b': pkg('1.0.0-rc'),
      }),
    );
    expect(entries.map(({ path }) => path)).toEqual([
      expect.stringMatching(/^npm\/@S~[0-9a-f]{8}\/a/),
      expect.stringMatching(/^npm\/@s\/A/),
      expect.stringMatching(/^npm\/@s\/b\/1\.0\.0-RC~sha512-/),
      expect.stringMatching(/^npm\/@s\/b\/1\.0\.0-rc~sha512-/),
    ]);
  });

  it('are refused when one imitates the spelling of another', () => {
    const { entries } = read(v3({ 'node_modules/A': pkg('1.0.0'), 'node_modules/a': pkg('2.0.0') }));
    const spelled = entries[0]?.path.split('/')[1] ?? '';
    const bytes = v3({
      'node_modules/A': pkg('1.0.0'),
      'node_modules/a': pkg('2.0.0'),
      [`node_modules/${spelled.toLowerCase()}`]: pkg('1.0.0'),
    });
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'ERR_UNSAFE_PATH' }));
  });
});

describe('links and folders', () => {
  const workspaces = {
    '': { workspaces: ['packages/*'] },
    'node_modules/one': { resolved: 'packages/one', link: true },
    'packages/one': { name: 'one', version: '1.0.0', dependencies: { a: '1' }, devDependencies: { b: '1' } },
    'packages/one/node_modules/a': pkg('1.0.0'),
    'node_modules/b': pkg('2.0.0', { dev: true }),
  };

  it('are named as link, the link and its folder', () => {
    const { unpackable } = read(v3(workspaces));
    expect(unpackable.map(({ path, reason }) => [path, reason])).toEqual([
      ['node_modules/one', 'link'],
      ['packages/one', 'link'],
    ]);
  });

  it('lead to what they depend on, dev dependencies as well', () => {
    const { entries } = read(v3(workspaces));
    expect(entries.map(({ name, scope }) => [name, scope])).toEqual([
      ['a', ['prod']],
      ['b', ['dev']],
    ]);
  });

  it('may point above the project, with all that lies there', () => {
    const { entries, unpackable } = read(
      v3({
        '': { dependencies: { x: 'file:../x' } },
        'node_modules/x': { resolved: '../x', link: true },
        '../x': { version: '1.0.0' },
        '../x/node_modules/a': pkg('1.0.0'),
      }),
    );
    expect(entries).toEqual([]);
    expect(unpackable.map(({ path }) => path)).toEqual(['../x', '../x/node_modules/a', 'node_modules/x']);
  });

  it('may point to the project itself and to the folder above', () => {
    const links = {
      'node_modules/me': { resolved: '', link: true },
      'node_modules/up': { resolved: '..', link: true },
    };
    expect(read(v3({ '': {}, '..': {}, ...links })).unpackable).toHaveLength(3);
  });

  it.each([
    ['nothing', undefined, 'ERR_LOCK_INVALID'],
    ['what is not listed', 'packages/none', 'ERR_LOCK_INVALID'],
  ])('are refused when they point to %s', (_, resolved, code) => {
    const bytes = v3({ '': {}, 'node_modules/x': { link: true, ...(resolved === undefined ? {} : { resolved }) } });
    expect(() => read(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('bundled packages', () => {
  it('travel inside their parent, whose dependencies are also theirs', () => {
    const { entries, unpackable } = read(
      v3({
        '': { dependencies: { p: '1' } },
        'node_modules/p': pkg('1.0.0', { dependencies: { q: '1' }, bundleDependencies: ['q'] }),
        'node_modules/p/node_modules/q': { version: '1.0.0', inBundle: true, dependencies: { r: '1', s: '1' } },
        'node_modules/p/node_modules/q/node_modules/s': { version: '1.0.0', inBundle: true },
        'node_modules/r': pkg('3.0.0'),
      }),
    );
    expect(unpackable.map(({ reason }) => reason)).toEqual(['bundled', 'bundled']);
    expect(entries[0]?.dependsOn).toEqual(['npm/r/3.0.0.tgz']);
  });

  it('are packed when the project itself bundles them', () => {
    const { entries, unpackable } = read(
      v3({
        '': {},
        'node_modules/p': pkg('1.0.0', { inBundle: true }),
        'node_modules/p/node_modules/q': pkg('2.0.0', { inBundle: true }),
      }),
    );
    expect(entries).toHaveLength(2);
    expect(unpackable).toEqual([]);
  });
});
