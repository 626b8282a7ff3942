import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The command as one file in a folder, for a process of its own: older runtimes do not read TypeScript. */
export async function commandFile(root: string): Promise<string> {
  const outfile = join(root, 'dist/cli/bin.js');
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/cli/bin.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire as from } from 'node:module'; const require = from(import.meta.url);" },
  });
  writeFileSync(join(root, 'package.json'), '{"version":"0.0.0","type":"module"}');
  chmodSync(root, 0o755);
  return outfile;
}
