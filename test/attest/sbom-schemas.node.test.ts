import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSbom, type SbomFormat, type SbomOptions } from '../../src/attest/index.ts';
import { fromUtf8, utf8 } from '../../src/bytes/encoding.ts';
import { digestOf } from '../../src/digest/index.ts';
import type { Lock, LockEntry } from '../../src/lockfile/index.ts';
import { pathOf, someEntry, someLock } from './some-lock.ts';

/** A folder with the validator of CycloneDX, `ajv` and `ajv-formats` in its node_modules, and the schema of SPDX 2.3. */
const folder = process.env['PACKWRIGHT_SBOM_SCHEMAS'];
const schemaFile = join(folder ?? '', 'spdx-2.3.schema.json');
const skipped = folder === undefined || !existsSync(schemaFile);
if (skipped) console.log('skipped: SBOMs by their schemas, for PACKWRIGHT_SBOM_SCHEMAS names no folder with them');

type Validate = (text: string) => Promise<unknown>;

/** The validator of the CycloneDX project, which has the schema and those that it refers to. */
function cycloneDxValidator(): Validate {
  const { Spec, Validation } = load('@cyclonedx/cyclonedx-library') as {
    Spec: { Version: { v1dot6: string } };
    Validation: { JsonStrictValidator: new (version: string) => { validate: Validate } };
  };
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  return (text) => validator.validate(text);
}

function spdxValidator(): Validate {
  type Check = ((value: unknown) => boolean) & { errors?: unknown };
  const { default: Ajv } = load('ajv') as {
    default: new (options: object) => { compile: (schema: unknown) => Check };
  };
  const ajv = new Ajv({ strict: false, allErrors: true });
  (load('ajv-formats') as { default: (ajv: object) => void }).default(ajv);
  const check = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
  return (text) => Promise.resolve(check(JSON.parse(text)) ? null : check.errors);
}

function load(name: string): unknown {
  return createRequire(join(folder ?? '', 'index.js'))(name);
}

const validators: Readonly<Record<SbomFormat, () => Validate>> = { cyclonedx: cycloneDxValidator, spdx: spdxValidator };

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

describe.skipIf(skipped)('a bill of materials', () => {
  it.each(['cyclonedx', 'spdx'] as const)('is valid by the schema of %s', async (format) => {
    const validate = validators[format]();
    await fc.assert(
      fc.asyncProperty(arbitraryLock, someOptions, async (lock, options) => {
        expect(await validate(fromUtf8(buildSbom(lock, format, options).bytes))).toBeNull();
      }),
      { numRuns: 60 },
    );
    expect(await validate('{}')).not.toBeNull();
  });
});
