/** What the steps share: a folder that is gone afterwards, the world as a command sees it, and a voice. */
import { mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPackError } from 'packwright';
import { formatDuration } from 'packwright/cli';
import type { CommandContext } from 'packwright/cli';
import { httpRegistries } from 'packwright/registry/http';

export const folder: string = mkdtempSync(join(tmpdir(), 'packwright-demo-'));

/** A file or folder of the demo. */
export function path(name: string): string {
  return join(folder, name);
}

let fetched = 0;

/** Every command is a function of its options and of this. */
export const context: CommandContext = {
  cwd: join(import.meta.dirname, '../..'),
  // The password of the key that is made lives as long as this process.
  env: { ...process.env, PACKWRIGHT_PASSWORD: crypto.randomUUID() },
  home: homedir(),
  now: Date.now,
  operation: {
    onEvent({ verb, kind }) {
      if (verb === 'fetch' && kind === 'done') fetched++;
    },
  },
  info: () => undefined,
  registries: httpRegistries(),
};

/** How many packages were fetched, from npm's cache or its registry. */
export function packagesFetched(): number {
  return fetched;
}

export function say(line: string): void {
  console.log(line);
}

/** Nothing is printed that was not looked at. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected that ${what}`);
}

export async function timed<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly time: string }> {
  const began = performance.now();
  const result = await run();
  return { result, time: formatDuration(performance.now() - began) };
}

/** Runs what must fail with this code, and says so. */
export async function refused(code: string, run: () => Promise<unknown>): Promise<void> {
  const error: unknown = await run().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(
    isPackError(error) && error.code === code,
    `it is refused with ${code}, and not ${isPackError(error) ? error.code : String(error)}`,
  );
  if (isPackError(error)) say(`   refused: ${code}, ${error.message}`);
}
