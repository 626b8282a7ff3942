import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildSbom, type SbomFormat } from '../../src/attest/index.ts';
import { fromUtf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import { buildLock, readLockfile, selectEntries, type Lock } from '../../src/lockfile/index.ts';
import { describeWithSbomTools, loadTool, readWith, type SbomReading } from './sbom-tools.ts';

const lockfiles = [
  '../../package-lock.json',
  '../../.ci/runtimes/package-lock.json',
  '../lockfile/fixtures/shop-v1.json',
  '../lockfile/fixtures/shop-v2.json',
  '../lockfile/fixtures/shop-v3.json',
  '../lockfile/fixtures/shop-v3-without-resolved.json',
];

/** The lock of a lockfile whose packages all have the same bytes. */
async function lockOf(path: string): Promise<Lock> {
  const lockfile = readLockfile(await readFile(new URL(path, import.meta.url)), { name: path });
  const selected = selectEntries(lockfile, { skip: ['link', 'bundled'] });
  const entries = selected.entries.map((entry) => ({ ...entry, digest: digestOf(new Uint8Array()), size: 0 }));
  return buildLock({ lockfile, ...selected, entries }).lock;
}

interface ParsedPurl {
  readonly type: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly qualifiers?: Readonly<Record<string, string>> | undefined;
}

const textOf = (lock: Lock, format: SbomFormat): string =>
  fromUtf8(buildSbom(lock, format, { name: 'app', version: '1.0' }).bytes);
const listed = (lock: Lock): string[] =>
  componentsOf(lock).map(({ name, version, purl }) => `${name} ${version} ${purl}`);

function componentsOf(lock: Lock): readonly Record<'name' | 'version' | 'purl', string>[] {
  const { components } = JSON.parse(textOf(lock, 'cyclonedx')) as { components: ReturnType<typeof componentsOf> };
  expect(components.map(({ name }) => name)).toEqual(lock.entries.map(({ name }) => name));
  return components;
}

const found = ({ packages }: SbomReading): string[] =>
  packages.filter(({ name }) => name !== 'app').map(({ name, version, purls }) => [name, version, ...purls].join(' '));

// Python takes a second to start, and another for each schema.
describeWithSbomTools('a bill of materials of a real lockfile', { timeout: 60_000 }, () => {
  let folder: string;
  let locks: readonly Lock[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packwright-sbom-'));
    locks = await Promise.all(lockfiles.map(lockOf));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(texts: readonly string[], format: SbomFormat): Promise<string[]> {
    const ending = format === 'spdx' ? 'spdx.json' : 'cdx.json';
    const paths = texts.map((_, index) => join(folder, `${index}.${ending}`));
    await Promise.all(paths.map((path, index) => writeFile(path, texts[index] ?? '')));
    return paths;
  }

  it.each([
    ['lib4sbom', 'cyclonedx'],
    ['lib4sbom', 'spdx'],
    ['spdx-tools', 'spdx'],
  ] as const)('is read by %s as %s with every package of the lock', async (program, format) => {
    const texts = locks.map((lock) => textOf(lock, format));
    const readings = await readWith(program, await written(texts, format));
    expect(readings.flatMap(({ problems }) => problems)).toEqual([]);
    expect(readings.map(found)).toEqual(locks.map(listed));
    const relationships = texts.map((text) => (JSON.parse(text) as { relationships?: object[] }).relationships?.length);
    if (format === 'spdx') expect(readings.map((reading) => reading.relationships)).toEqual(relationships);
  });

  it.each([
    ['lib4sbom', 'cyclonedx', '"type":"library"', '"type":"a library"'],
    ['lib4sbom', 'spdx', '"SHA512"', '"SHA513"'],
    ['spdx-tools', 'spdx', '"SHA512"', '"SHA513"'],
    ['spdx-tools', 'spdx', '"MIT"', '"A licence"'],
    ['spdx-tools', 'spdx', '"relatedSpdxElement":"', '"relatedSpdxElement":"SPDXRef-Nobody'],
  ] as const)('is refused by %s as %s where %s is %s', async (program, format, right, wrong) => {
    const text = textOf(locks[0] as Lock, format);
    expect(text).toContain(right);
    const [reading] = await readWith(program, await written([text.replace(right, wrong)], format));
    expect(reading?.problems).not.toEqual([]);
  });

  it('has package URLs that the library of their project takes apart into what the lock says', () => {
    const { PackageURL } = loadTool('packageurl-js') as { PackageURL: { fromString: (purl: string) => ParsedPurl } };
    for (const lock of locks) {
      for (const [index, { purl }] of componentsOf(lock).entries()) {
        const { name = '', version, origin } = lock.entries[index] ?? {};
        const parsed = PackageURL.fromString(purl);
        const named = [parsed.namespace, parsed.name].filter((part) => typeof part === 'string').join('/');
        // The library has not followed the specification in that the case of a name counts.
        expect([parsed.type, named.toLowerCase(), parsed.version]).toEqual(['npm', name.toLowerCase(), version]);
        expect([undefined, origin]).toContain(parsed.qualifiers?.['download_url']);
      }
    }
  });

  it('has licences that are expressions where it says so', () => {
    const parse = loadTool('spdx-expression-parse') as (expression: string) => unknown;
    interface Bill {
      readonly packages: readonly { readonly licenseDeclared: string }[];
    }
    const bills = locks.map((lock) => JSON.parse(textOf(lock, 'spdx')) as Bill);
    const licenses = new Set(bills.flatMap(({ packages }) => packages.map((each) => each.licenseDeclared)));
    expect(licenses.size).toBeGreaterThan(5);
    for (const license of licenses) if (license !== 'NOASSERTION') parse(license);
  });
});
