import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from 'vitest';

/** What `.ci/steps/62-sbom.sh` installs: npm's packages and a Python with what `.ci/sbom` names. */
const folder = process.env['PACKWRIGHT_SBOM_TOOLS'];
if (folder === undefined) {
  console.log('skipped: SBOMs by schemas and readers of others, for PACKWRIGHT_SBOM_TOOLS names no folder with them');
}

/** A suite that needs them. Where the folder is not given it is skipped; where it is, they must be there. */
export const describeWithSbomTools: typeof describe.skip = describe.skipIf(folder === undefined);

/** A package of npm's that is installed there. */
export function loadTool(name: string): unknown {
  return createRequire(join(folder ?? '', 'index.js'))(name);
}

/** What a program found in a bill of materials. */
export interface SbomReading {
  /** What is wrong with it: nothing is read then. */
  readonly problems: readonly string[];
  readonly packages: readonly { readonly name: string; readonly version: string; readonly purls: readonly string[] }[];
  readonly relationships: number;
}

/** Reads files with a program, each. */
export async function readWith(
  program: 'spdx-tools' | 'lib4sbom',
  paths: readonly string[],
): Promise<readonly SbomReading[]> {
  const script = fileURLToPath(new URL('read-sboms.py', import.meta.url));
  const lines = await python([script, program, ...paths]);
  return lines.split('\n').map((line) => JSON.parse(line) as SbomReading);
}

/** Where the schema of SPDX 2.3 is, as the project publishes it: lib4sbom brings it along. */
export async function spdxSchemaFile(): Promise<string> {
  const where = 'from importlib.resources import files; print(files("lib4sbom") / "schemas/spdx/2.3-schema.json")';
  return python(['-c', where]);
}

async function python(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(folder ?? '', 'python/bin/python'), args, { maxBuffer: 1 << 26 });
  return stdout.trimEnd();
}
