import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSbom, type SbomFormat, type SbomOptions } from '../../src/attest/index.ts';
import { canonicalJson } from '../../src/bytes/canonical-json.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, hexOf, integrityOf } from '../../src/digest/index.ts';
import type { Lock, LockEntry } from '../../src/lockfile/index.ts';
import { pathOf, someEntry, someLock } from './some-lock.ts';

interface CycloneDx {
  readonly serialNumber: string;
  readonly metadata: {
    readonly timestamp?: string;
    readonly component: Readonly<Record<string, unknown>>;
    readonly properties: readonly { readonly name: string; readonly value: string }[];
  };
  readonly components: readonly {
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
    readonly purl: string;
    readonly [member: string]: unknown;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly compositions: readonly object[];
}

interface Spdx {
  readonly documentNamespace: string;
  readonly comment: string;
  readonly creationInfo: { readonly created: string };
  readonly packages: readonly {
    readonly SPDXID: string;
    readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[];
    readonly licenseDeclared: string;
    readonly [member: string]: unknown;
  }[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relationshipType: string;
    readonly relatedSpdxElement: string;
  }[];
  readonly hasExtractedLicensingInfos?: readonly { readonly licenseId: string; readonly extractedText: string }[];
}

const cycloneDx = (lock: Lock, options?: SbomOptions): CycloneDx =>
  JSON.parse(fromUtf8(buildSbom(lock, 'cyclonedx', options).bytes)) as CycloneDx;
const spdx = (lock: Lock, options?: SbomOptions): Spdx =>
  JSON.parse(fromUtf8(buildSbom(lock, 'spdx', options).bytes)) as Spdx;
const triples = (document: Spdx): string[] =>
  document.relationships.map((each) => [each.spdxElementId, each.relationshipType, each.relatedSpdxElement].join(' '));
const formats: readonly SbomFormat[] = ['cyclonedx', 'spdx'];
const lockOf = (entry: Partial<LockEntry>): Lock => someLock([someEntry('a', entry)]);

const names = ['a', 'b', '@scope/a', 'a-b', 'a_b', 'c.d'];
const arbitraryEntries: fc.Arbitrary<LockEntry[]> = fc
  .uniqueArray(fc.constantFrom(...names), { minLength: 1 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((name) =>
        fc
          .record({
            scope: fc.subarray<LockEntry['scope'][number]>(['prod', 'dev', 'optional', 'peer']),
            dependsOn: fc.subarray(chosen.map(pathOf)),
          })
          .map((facts) => someEntry(name, facts)),
      ),
    ),
  );

describe('a bill of materials', () => {
  it.each(formats)('as %s is the same bytes for the same lock in any order', (format) => {
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        const lock = someLock(entries, {
          skipped: [
            { path: 'x', reason: 'git' },
            { path: 'y', reason: 'link' },
          ],
        });
        const turned: Lock = {
          ...lock,
          entries: lock.entries.map((entry) => ({ ...entry, dependsOn: entry.dependsOn.toReversed() })).reverse(),
          skipped: lock.skipped.toReversed(),
        };
        expect(buildSbom(turned, format).bytes).toEqual(buildSbom(lock, format).bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('has the digests of the lock and no others', () => {
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        const lock = someLock(entries);
        const inLock = lock.entries.flatMap(({ digest, name }) => [digest, digestOf(utf8(name), 'sha512')]).sort();
        const { components } = cycloneDx(lock);
        const { packages } = spdx(lock);
        const inCycloneDx = components.flatMap(({ hashes }) =>
          hashes.map(({ alg, content }) => `${alg.toLowerCase().replace('-', '')}:${content}`),
        );
        const inSpdx = packages.flatMap(({ checksums = [] }) =>
          checksums.map(({ algorithm, checksumValue }) => `${algorithm.toLowerCase()}:${checksumValue}`),
        );
        expect(inCycloneDx.sort()).toEqual(inLock);
        expect(inSpdx.sort()).toEqual(inLock);
      }),
      { numRuns: 50 },
    );
  });

  it('reaches every entry from the pack, rings included', () => {
    fc.assert(
      fc.property(arbitraryEntries, (entries) => {
        const { dependencies, components } = cycloneDx(someLock(entries));
        const edges = new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
        const [root = ''] = edges.keys();
        const reached = new Set([root]);
        for (const ref of reached) for (const next of edges.get(ref) ?? []) reached.add(next);
        expect(reached.size).toBe(components.length + 1);
        expect(edges.size).toBe(components.length + 1);
      }),
    );
  });

  it.each(formats)('as %s says its media and predicate type, and holds the document that its bytes are', (format) => {
    const sbom = buildSbom(lockOf({}), format);
    expect(sbom).toMatchObject({
      format,
      mediaType: format === 'spdx' ? 'application/spdx+json' : 'application/vnd.cyclonedx+json',
      predicateType: format === 'spdx' ? 'https://spdx.dev/Document' : 'https://cyclonedx.org/bom',
    });
    expect(JSON.parse(fromUtf8(sbom.bytes))).toEqual(sbom.document);
  });

  it('is named after the lock and the options: others have another name', () => {
    const [one, other] = [lockOf({}), lockOf({ license: 'MIT' })];
    const numbers = [
      cycloneDx(one).serialNumber,
      cycloneDx(other).serialNumber,
      cycloneDx(one, { name: 'app' }).serialNumber,
      cycloneDx(one, { version: '1' }).serialNumber,
      cycloneDx(one, { created: 0 }).serialNumber,
      spdx(one).documentNamespace.replace('https://spdx.org/spdxdocs/packwright-', 'urn:uuid:'),
    ];
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) {
      expect(number).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('says what the pack is', () => {
    const lock = lockOf({});
    const digest = digestOf(utf8('a manifest'));
    const lockDigest = digestOf(canonicalJson(lock));
    expect(cycloneDx(lock).metadata.component).toEqual({
      type: 'application',
      'bom-ref': lockDigest,
      name: 'package-lock.json',
    });
    expect(cycloneDx(lock, { name: 'app', digest }).metadata.component).toEqual({
      type: 'application',
      'bom-ref': lockDigest,
      name: 'app',
      version: digest,
      hashes: [{ alg: 'SHA-256', content: hexOf(digest) }],
    });
    expect(spdx(lock, { name: 'app', version: '2', digest }).packages[0]).toMatchObject({
      SPDXID: 'SPDXRef-Pack',
      name: 'app',
      versionInfo: '2',
      checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(digest) }],
    });
  });

  it('has a time only when one is given; SPDX, which needs one, has the first of 1970', () => {
    expect(cycloneDx(lockOf({})).metadata.timestamp).toBeUndefined();
    expect(spdx(lockOf({})).creationInfo.created).toBe('1970-01-01T00:00:00Z');
    expect(cycloneDx(lockOf({}), { created: 1_700_000_000_999 }).metadata.timestamp).toBe('2023-11-14T22:13:20Z');
    expect(spdx(lockOf({}), { created: 1_700_000_000_999 }).creationInfo.created).toBe('2023-11-14T22:13:20Z');
  });

  it('lists what the lockfile has and the pack has not, and what was asked for', () => {
    const lock = someLock([someEntry('a', { dependsOn: ['packages/one'] })], {
      skipped: [{ path: 'packages/one', reason: 'link' }],
      selection: { omit: ['dev'], os: 'linux' },
    });
    expect(cycloneDx(lock).metadata.properties).toEqual(
      expect.arrayContaining([
        { name: 'packwright:lock:digest', value: digestOf(canonicalJson(lock)) },
        { name: 'packwright:lockfile:digest', value: lock.source.digest },
        { name: 'packwright:skipped:link', value: 'packages/one' },
        { name: 'packwright:omitted:scope', value: 'dev' },
        { name: 'packwright:selected:os', value: 'linux' },
      ]),
    );
    expect(cycloneDx(lock).compositions).toEqual([
      { aggregate: 'incomplete', dependencies: [digestOf(canonicalJson(lock)), pathOf('a')] },
    ]);
    const { comment } = spdx(lock);
    expect(comment).toContain('packages/one (link)');
    expect(comment).toContain('dev dependencies');
    expect(comment).toContain('Only for os linux');
  });
});

describe('an entry in a bill of materials', () => {
  it('has its name, version, package URL and places', () => {
    const lock = someLock([someEntry('@scope/a')]);
    expect(cycloneDx(lock).components[0]).toMatchObject({
      type: 'library',
      'bom-ref': 'npm/@scope/a/1.0.0.tgz',
      name: '@scope/a',
      version: '1.0.0',
      purl: 'pkg:npm/%40scope/a@1.0.0',
      properties: [
        { name: 'cdx:npm:package:path', value: 'node_modules/@scope/a' },
        { name: 'packwright:scope', value: 'prod' },
      ],
    });
    expect(spdx(lock).packages[1]).toMatchObject({
      SPDXID: 'SPDXRef-Package-npm-scope-a-1.0.0.tgz',
      name: '@scope/a',
      versionInfo: '1.0.0',
      packageFileName: 'npm/@scope/a/1.0.0.tgz',
      downloadLocation: 'NOASSERTION',
      externalRefs: [
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/%40scope/a@1.0.0' },
      ],
    });
  });

  it('has identifiers that differ also where letters are all that differ', () => {
    const ids = spdx(someLock(['a_b', 'a~b'].map((name) => someEntry(name)))).packages.map(({ SPDXID }) => SPDXID);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
  });

  it('has every digest that the lockfile pins, but not alternatives', () => {
    const [a, b] = ['a', 'b'].map((text) => integrityOf(digestOf(utf8(text), 'sha384')));
    const sha512 = integrityOf(digestOf(utf8('a'), 'sha512'));
    const algorithms = (integrity: string): string[] =>
      cycloneDx(lockOf({ integrity })).components.flatMap(({ hashes }) => hashes.map(({ alg }) => alg));
    expect(algorithms(`${sha512} ${a ?? ''}`)).toEqual(['SHA-256', 'SHA-384', 'SHA-512']);
    expect(algorithms(`${sha512} ${a ?? ''} ${b ?? ''}`)).toEqual(['SHA-256', 'SHA-512']);
    expect(algorithms(integrityOf(digestOf(utf8('a'))))).toEqual(['SHA-256']);
  });

  it.each([
    ['https://registry.example/a/-/a-1.0.0.tgz', 'pkg:npm/a@1.0.0'],
    ['https://registry.example/path/a/-/a-1.0.0.tgz?x', 'pkg:npm/a@1.0.0'],
    ['https://files.example/a(1).tgz', 'pkg:npm/a@1.0.0?download_url=https:%2F%2Ffiles.example%2Fa%281%29.tgz'],
    ['https://files.example/%ff.tgz', 'pkg:npm/a@1.0.0?download_url=https:%2F%2Ffiles.example%2F%25ff.tgz'],
  ])('that comes from %s says so', (origin, purl) => {
    const lock = lockOf({ origin });
    expect(cycloneDx(lock).components[0]).toMatchObject({
      purl,
      externalReferences: [{ type: 'distribution', url: origin }],
    });
    expect(spdx(lock).packages[1]).toMatchObject({ downloadLocation: origin });
  });

  it.each(['https://user:secret@files.example/a.tgz', 'file:///a.tgz', 'a.tgz', 'https://files.example/a b.tgz'])(
    'keeps %s to itself',
    (origin) => {
      const lock = lockOf({ origin });
      expect(cycloneDx(lock).components[0]).not.toHaveProperty('externalReferences');
      expect(cycloneDx(lock).components[0]?.purl).toBe('pkg:npm/a@1.0.0');
      expect(spdx(lock).packages[1]).toMatchObject({ downloadLocation: 'NOASSERTION' });
    },
  );

  it('has the package URL of a lock of another ecosystem as it is', () => {
    const lock = lockOf({ purl: 'pkg:generic/a@1.0.0', origin: 'https://files.example/a.tgz' });
    expect(cycloneDx(lock).components[0]?.purl).toBe('pkg:generic/a@1.0.0');
  });

  it.each([
    [['prod', 'dev'], 'required', []],
    [['optional'], 'optional', ['OPTIONAL_DEPENDENCY_OF']],
    [['dev', 'optional'], 'optional', ['DEV_DEPENDENCY_OF', 'OPTIONAL_DEPENDENCY_OF']],
    [['peer'], 'optional', []],
    [['dev'], 'excluded', ['DEV_DEPENDENCY_OF']],
    [[], undefined, []],
  ] as const)('of scope %j is %s', (scope, word, kinds) => {
    const lock = lockOf({ scope });
    const [component] = cycloneDx(lock).components;
    expect(component?.['scope']).toBe(word);
    const development = { name: 'cdx:npm:package:development', value: 'true' };
    expect(
      (component?.['properties'] as object[]).some((each) => JSON.stringify(each) === JSON.stringify(development)),
    ).toBe(word === 'excluded');
    const id = 'SPDXRef-Package-npm-a-1.0.0.tgz';
    expect(triples(spdx(lock)).filter((each) => each.startsWith(id))).toEqual(
      kinds.map((kind) => `${id} ${kind} SPDXRef-Pack`),
    );
  });

  it.each([
    ['mit', { license: { id: 'MIT' } }, 'MIT'],
    ['GPL-2.0+', { expression: 'GPL-2.0+' }, 'GPL-2.0+'],
    ['(MIT OR apache-2.0)', { expression: '(MIT OR Apache-2.0)' }, '(MIT OR Apache-2.0)'],
    [
      'GPL-2.0-only WITH classpath-exception-2.0',
      { expression: 'GPL-2.0-only WITH Classpath-exception-2.0' },
      'GPL-2.0-only WITH Classpath-exception-2.0',
    ],
    ['Apache-2.0+', { expression: 'Apache-2.0+' }, 'Apache-2.0+'],
    ['MIT AND LicenseRef-x', { expression: 'MIT AND LicenseRef-x' }, undefined],
    ['SEE LICENSE IN LICENSE.md', { license: { name: 'SEE LICENSE IN LICENSE.md' } }, undefined],
    ['BSD', { license: { name: 'BSD' } }, undefined],
    ['BSD+', { license: { name: 'BSD+' } }, undefined],
    ['(MIT', { license: { name: '(MIT' } }, undefined],
    ['MIT) OR (MIT', { license: { name: 'MIT) OR (MIT' } }, undefined],
    ['MIT OR', { license: { name: 'MIT OR' } }, undefined],
    ['MIT or ISC', { license: { name: 'MIT or ISC' } }, undefined],
    ['(MIT) WITH Classpath-exception-2.0', { license: { name: '(MIT) WITH Classpath-exception-2.0' } }, undefined],
    ['MIT WITH nothing', { license: { name: 'MIT WITH nothing' } }, undefined],
    ['()', { license: { name: '()' } }, undefined],
    [' ', { license: { name: ' ' } }, undefined],
  ])('of the licence %j says what SPDX can say of it', (license, choice, declared) => {
    const lock = lockOf({ license });
    expect(cycloneDx(lock).components[0]).toMatchObject({ licenses: [choice] });
    const document = spdx(lock);
    const [, { licenseDeclared } = { licenseDeclared: '' }] = document.packages;
    if (declared !== undefined) expect(licenseDeclared).toBe(declared);
    else expect(licenseDeclared).toMatch(/^LicenseRef-[0-9a-f]{32}$/);
    expect(document.hasExtractedLicensingInfos).toEqual(
      declared === undefined ? [{ licenseId: licenseDeclared, extractedText: license, name: license }] : undefined,
    );
  });

  it('carries each licence text that is not of SPDX once', () => {
    const entries = ['b', 'a', 'c', 'd'].map((name, index) =>
      someEntry(name, { license: ['BSD', 'Custom', 'BSD', 'MIT'][index] }),
    );
    const { hasExtractedLicensingInfos = [] } = spdx(someLock(entries));
    expect(hasExtractedLicensingInfos.map(({ extractedText }) => extractedText)).toEqual(['Custom', 'BSD']);
  });

  it('says nothing of a licence that the lockfile has not', () => {
    expect(cycloneDx(lockOf({})).components[0]).not.toHaveProperty('licenses');
    expect(spdx(lockOf({})).packages[1]).toMatchObject({ licenseDeclared: 'NOASSERTION' });
  });

  it('says what it needs', () => {
    const lock = someLock([someEntry('a', { dependsOn: [pathOf('b')] }), someEntry('b')]);
    const [root = { ref: '' }] = cycloneDx(lock).dependencies;
    expect(cycloneDx(lock).dependencies).toEqual([
      { ref: root.ref, dependsOn: [pathOf('a')] },
      { ref: pathOf('a'), dependsOn: [pathOf('b')] },
      { ref: pathOf('b') },
    ]);
    const [a, b] = ['a', 'b'].map((name) => `SPDXRef-Package-npm-${name}-1.0.0.tgz`);
    expect(triples(spdx(lock))).toEqual([
      'SPDXRef-DOCUMENT DESCRIBES SPDXRef-Pack',
      `SPDXRef-Pack CONTAINS ${a ?? ''}`,
      `SPDXRef-Pack CONTAINS ${b ?? ''}`,
      `SPDXRef-Pack DEPENDS_ON ${a ?? ''}`,
      `${a ?? ''} DEPENDS_ON ${b ?? ''}`,
    ]);
  });
});

describe('what a bill of materials is not made from', () => {
  it.each<[string, unknown, unknown]>([
    ['another format', 'spdx-tag-value', {}],
    ['a format of every object', 'toString', {}],
    ['no format', undefined, {}],
    ['an option that nobody reads', 'spdx', { author: 'me' }],
    ['a name without letters', 'spdx', { name: '' }],
    ['a version that is a number', 'cyclonedx', { version: 1 }],
    ['a digest that is none', 'cyclonedx', { digest: 'sha256:abc' }],
    ['a time that is none', 'spdx', { created: NaN }],
    ['a time before 1970', 'spdx', { created: -1 }],
    ['a time after the year 9999', 'spdx', { created: 253_402_300_800_000 }],
  ])('refuses %s', (_what, format, options) => {
    expect(() => buildSbom(lockOf({}), format as SbomFormat, options as SbomOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
    );
  });
});
