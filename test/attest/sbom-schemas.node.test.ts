import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildSbom, type SbomFormat, type SbomOptions } from '../../src/attest/index.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import type { Lock, LockEntry } from '../../src/lockfile/index.ts';
import { describeWithSbomTools, loadTool, spdxSchemaFile } from './sbom-tools.ts';
import { pathOf, someEntry, someLock } from './some-lock.ts';

type Validate = (text: string) => Promise<unknown>;

/** The validator of the CycloneDX project, which has the schema and those that it refers to. */
function cycloneDxValidator(): Promise<Validate> {
  const { Spec, Validation } = loadTool('@cyclonedx/cyclonedx-library') as {
    Spec: { Version: { v1dot6: string } };
    Validation: { JsonStrictValidator: new (version: string) => { validate: Validate } };
  };
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  return Promise.resolve((text) => validator.validate(text));
}

async function spdxValidator(): Promise<Validate> {
  type Check = ((value: unknown) => boolean) & { errors?: unknown };
  const { default: Ajv } = loadTool('ajv') as {
    default: new (options: object) => { compile: (schema: unknown) => Check };
  };
  const ajv = new Ajv({ strict: false, allErrors: true });
  (loadTool('ajv-formats') as { default: (ajv: object) => void }).default(ajv);
  const check = ajv.compile(JSON.parse(await readFile(await spdxSchemaFile(), 'utf8')));
  return (text) => Promise.resolve(check(JSON.parse(text)) ? null : check.errors);
}

const validators: Readonly<Record<SbomFormat, () => Promise<Validate>>> = {
  cyclonedx: cycloneDxValidator,
  spdx: spdxValidator,
};

const names = ['a', 'b', '@scope/a', 'a~b', 'a_b', "c'(d)"];
const licenses = ['MIT', 'mit OR ISC', 'GPL-2.0+', 'BSD', 'SEE LICENSE IN x', 'MIT AND LicenseRef-x', ' ', '"\u2028'];
const origins = [
  'https://registry.example/a/-/a-1.0.0.tgz',
  'https://files.example/a?b=c&d#e',
  'not an address',
  'a b',
];
const entry = (name: string, all: readonly string[]): fc.Arbitrary<LockEntry> =>
  fc
    .record(
      {
        scope: fc.subarray<LockEntry['scope'][number]>(['prod', 'dev', 'optional', 'peer']),
        dependsOn: fc.subarray([...all.map(pathOf), 'packages/one']),
        license: fc.constantFrom(...licenses),
        origin: fc.constantFrom(...origins),
        installPaths: fc.subarray(['node_modules/a', 'node_modules/b']),
      },
      { requiredKeys: [] },
    )
    .map((facts) => someEntry(name, facts));
const arbitraryLock: fc.Arbitrary<Lock> = fc
  .subarray(names)
  .chain((chosen) => fc.tuple(...chosen.map((name) => entry(name, chosen))))
  .map((entries) =>
    someLock(entries, {
      skipped: [
        { path: 'packages/one', reason: 'link' },
        { path: '../two', reason: 'git' },
      ],
      selection: { omit: ['dev', 'peer'], cpu: 'x64' },
    }),
  );
const someOptions: fc.Arbitrary<SbomOptions> = fc.constantFrom(
  {},
  { name: 'team/app', version: '1.0', digest: digestOf(utf8('a manifest')), created: 1_700_000_000_000 },
);

describeWithSbomTools('a bill of materials', () => {
  it.each(['cyclonedx', 'spdx'] as const)('is valid by the schema of %s', async (format) => {
    const validate = await validators[format]();
    await fc.assert(
      fc.asyncProperty(arbitraryLock, someOptions, async (lock, options) => {
        expect(await validate(fromUtf8(buildSbom(lock, format, options).bytes))).toBeNull();
      }),
      { numRuns: 60 },
    );
    expect(await validate('{}')).not.toBeNull();
  });
});
