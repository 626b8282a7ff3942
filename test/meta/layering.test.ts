import { describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { globalsUsed, importsOf, typescriptFiles } from './source-tree.ts';

const layers = [
  ['errors'],
  ['bytes'],
  ['digest'],
  ['oci'],
  ['archive', 'lockfile'],
  ['attest'],
  ['ports'],
  ['http', 'registry', 'verify', 'store'],
  ['pack'],
  ['adapters'],
  ['testing', 'cli', 'index'],
];
const nodeOnly = ['adapters', 'cli', 'testing'];
/** Where a library may be imported; one that is not named here may be imported anywhere. */
const homes: Readonly<Record<string, readonly string[]>> = {
  zod: [],
  'zod/mini': ['oci/', 'lockfile/'],
  undici: ['adapters/transport/'],
  commander: ['cli/'],
  '@sigstore/sign': ['adapters/signer/sigstore/'],
  fflate: [],
};
const absentInBrowsers = new Set(['process', 'Buffer', 'global', 'require', 'setImmediate', '__dirname', '__filename']);

/** `src/digest/hash.ts` is in `digest`, `src/errors.ts` in `errors`. */
const folderOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');
const levelOf = (file: string): number => layers.findIndex((layer) => layer.includes(folderOf(file)));
/** The port whose adapters are in the folder: `blob-store`, `sink`; or `node` and `memory`, the parts that they share. */
const portOf = (file: string): string => file.split('/')[2] ?? '';
const isShared = (file: string): boolean => /^src\/adapters\/(node|memory)\//.test(file);

/** Says why `file` may not import `target`, or nothing when it may. */
function complaint(file: string, target: string): string | undefined {
  if (!target.startsWith('src/')) return 'leaves src';
  if (levelOf(target) > levelOf(file)) return 'is of a layer to the right';
  if (folderOf(target) !== folderOf(file))
    return levelOf(target) === levelOf(file) ? 'is of the same layer' : undefined;
  if (folderOf(file) !== 'adapters' || isShared(target)) return undefined;
  return portOf(file) !== portOf(target) || Object.values(entry).includes(target) ? 'is another adapter' : undefined;
}

const sources = typescriptFiles('src');

describe('the layers', () => {
  it('have a place for every folder of src', () => {
    expect(sources.filter((file) => levelOf(file) < 0)).toEqual([]);
  });

  it('import only to their left', () => {
    const offences = sources.flatMap((file) =>
      importsOf(file).flatMap(({ specifier, target }) => {
        const reason = target === undefined ? undefined : complaint(file, target);
        return reason === undefined ? [] : [`${file} imports ${specifier}, which ${reason}`];
      }),
    );
    expect(offences).toEqual([]);
  });

  it('name the platform only at the outer end', () => {
    const portable = sources.filter((file) => !nodeOnly.includes(folderOf(file)));
    const modules = portable.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    const globals = portable.flatMap((file) =>
      globalsUsed(file, absentInBrowsers).map((name) => `${file} uses the global ${name}`),
    );
    expect([...modules, ...globals]).toEqual([]);
  });

  it('keep what works on every store free of runtimes, frameworks and libraries of types (W6)', () => {
    const seen = new Set(['src/store/index.ts', 'src/ports/index.ts', 'src/registry/index.ts']);
    const outside = new Set<string>();
    // A set may grow while it is walked: everything that these import, in whatever folder.
    for (const file of seen) {
      for (const { specifier, target } of importsOf(file)) {
        if (target !== undefined) seen.add(target);
        else if (homes[specifier]?.some((home) => file.startsWith(`src/${home}`)) !== true) outside.add(specifier);
      }
    }
    expect(seen.size).toBeGreaterThan(60);
    expect([...outside].filter((name) => /^(node:|bun|zod|drizzle)/.test(name))).toEqual([]);
    expect([...seen].flatMap((file) => globalsUsed(file, new Set([...absentInBrowsers, 'Bun', 'Deno'])))).toEqual([]);
  });

  it('keep each library where it is needed', () => {
    const offences = sources.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !(homes[specifier] ?? ['']).some((home) => file.startsWith(`src/${home}`)))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
    expect(offences).toEqual([]);
  });

  it.each([
    ['src/digest/hash.ts', 'src/oci/descriptor.ts', 'is of a layer to the right'],
    ['src/archive/tar.ts', 'src/lockfile/lock.ts', 'is of the same layer'],
    ['src/adapters/sink/fs.ts', 'src/adapters/blob-store/fs.ts', 'is another adapter'],
    ['src/adapters/blob-store/memory.ts', 'src/adapters/blob-store/fs.ts', 'is another adapter'],
    ['src/adapters/blob-store/fs.ts', 'src/adapters/blob-store/record-key.ts', undefined],
    ['src/adapters/node/lock.ts', 'src/adapters/blob-store/fs.ts', 'is another adapter'],
    ['src/oci/descriptor.ts', 'test/oci/some.ts', 'leaves src'],
    ['src/adapters/sink/fs.ts', 'src/adapters/node/lock.ts', undefined],
    ['src/pack/pack.ts', 'src/errors.ts', undefined],
  ])('judge %s importing %s', (file, target, verdict) => {
    expect(complaint(file, target)).toBe(verdict);
  });
});
