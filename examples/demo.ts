/**
 * The main job on embedded defaults: this project's own lockfile becomes a pack, is checked, unpacked, and refused
 * once a single byte of it is wrong. Run it with `npm run demo`.
 */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPackError } from 'packwright';
import { auditCommand, formatBytes, formatDuration, inspectCommand, packCommand, unpackCommand } from 'packwright/cli';
import type { CommandContext } from 'packwright/cli';

const folder = await mkdtemp(join(tmpdir(), 'packwright-demo-'));
const layout = join(folder, 'packs');
const reference = `oci:${layout}:demo`;
let fetched = 0;
const context: CommandContext = {
  cwd: join(import.meta.dirname, '..'),
  env: process.env,
  home: homedir(),
  now: Date.now,
  operation: {
    onEvent: ({ verb, kind }) => {
      if (verb === 'fetch' && kind === 'done') fetched++;
    },
  },
  info: () => undefined,
};

try {
  await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  say('1. Pack package-lock.json, without what only development needs, into an OCI layout.');
  const packed = await timed(() =>
    packCommand({ inputs: ['package-lock.json'], output: reference, omit: ['dev'] }, context),
  );
  const { lock, size, digest } = packed.result;
  for (const { name, version, size: bytes } of lock?.entries ?? [])
    say(`     ${name} ${version}, ${formatBytes(bytes)}`);
  say(`   ${fetched} packages, every one checked against the lockfile: ${formatBytes(size)} in ${packed.time}`);
  say(`   the pack is ${digest}`);

  say('2. Pack it again: the same input gives the same bytes, so nothing is written.');
  const again = await timed(() =>
    packCommand({ inputs: ['package-lock.json'], output: reference, omit: ['dev'] }, context),
  );
  expect(again.result.digest === digest, 'the digest is the same');
  say(`   same digest, ${again.result.uploaded.blobs} blobs written, ${again.time}`);

  say('3. Inspect it: manifest and lock are read, no package is.');
  const inspected = await timed(() => inspectCommand({ reference }, context));
  say(`   ${inspected.result.entries.length} files, ${inspected.result.artifactType ?? ''}, ${inspected.time}`);

  say('4. Unpack it: all or nothing, every byte checked.');
  const unpacked = await timed(() => unpackCommand({ reference, output: join(folder, 'unpacked') }, context));
  say(`   ${unpacked.result.files} files, ${formatBytes(unpacked.result.bytes)} in ${unpacked.time}`);

  say('5. Flip one byte of one package in the layout, and try again.');
  await flipOneByte();
  await refused(() => unpackCommand({ reference, output: join(folder, 'forged') }, context));
  expect(!(await exists(join(folder, 'forged'))), 'nothing was written');
  say('   and nothing was written');
  const { corrupt } = await auditCommand({ reference }, context);
  say(`   audit names it: ${corrupt.map((blob) => blob.digest).join(', ')}`);
}

async function flipOneByte(): Promise<void> {
  const blobs = join(layout, 'blobs', 'sha256');
  const sizes = await Promise.all(
    (await readdir(blobs)).map(async (name) => ({ name, size: (await stat(join(blobs, name))).size })),
  );
  const largest = sizes.reduce((a, b) => (b.size > a.size ? b : a));
  const bytes = await readFile(join(blobs, largest.name));
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(join(blobs, largest.name), bytes);
  say(`   byte ${middle} of sha256:${largest.name}`);
}

async function refused(run: () => Promise<unknown>): Promise<void> {
  const error: unknown = await run().then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(isPackError(error), 'a forged pack is refused');
  if (isPackError(error)) say(`   refused: ${error.code}, ${error.message}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function timed<T>(run: () => Promise<T>): Promise<{ result: T; time: string }> {
  const began = performance.now();
  const result = await run();
  return { result, time: formatDuration(performance.now() - began) };
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected that ${what}`);
}

function say(line: string): void {
  console.log(line);
}
