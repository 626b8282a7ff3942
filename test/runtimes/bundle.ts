import { build } from 'esbuild';

/**
 * One script from the project's `entry`, as a bundler for `conditions` makes it: no module may be left in it that is not
 * among those that the platform has.
 */
export async function bundleFor(
  project: string,
  entry: string,
  conditions: readonly string[],
  platform: readonly string[] = [],
): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: project, sourcefile: 'entry.js' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: [...conditions],
    external: [...platform],
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
