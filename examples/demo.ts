/**
 * The main job on embedded defaults: this project's own lockfile becomes a pack, is pushed to a registry and pulled
 * back, checked, unpacked, and refused once a single byte of it is wrong. Run it with `npm run demo`.
 */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPackError } from 'packwright';
import {
  auditCommand,
  formatBytes,
  formatDuration,
  inspectCommand,
  packCommand,
  pullCommand,
  pushCommand,
  serveCommand,
  unpackCommand,
} from 'packwright/cli';
import type { CommandContext, PackCommandResult } from 'packwright/cli';
import { httpRegistries } from 'packwright/registry/http';

const folder = await mkdtemp(join(tmpdir(), 'packwright-demo-'));
const layout = join(folder, 'pulled');
const packed = `oci:${join(folder, 'packs')}:demo`;
const pulled = `oci:${layout}:demo`;
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
  registries: httpRegistries(),
};

try {
  await main();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const { digest } = await packTwice();
  await pushAndPull(digest);
  await inspectAndUnpack();
  await forge();
}

async function packTwice(): Promise<PackCommandResult> {
  say('1. Pack package-lock.json, without what only development needs, into an OCI layout.');
  const first = await timed(pack);
  const { lock, size, digest } = first.result;
  for (const { name, version, size: bytes } of lock?.entries ?? [])
    say(`     ${name} ${version}, ${formatBytes(bytes)}`);
  say(`   ${fetched} packages, every one checked against the lockfile: ${formatBytes(size)} in ${first.time}`);
  say(`   the pack is ${digest}`);

  say('2. Pack it again: the same input gives the same bytes, so nothing is written.');
  const again = await timed(pack);
  expect(again.result.digest === digest, 'the digest is the same');
  say(`   same digest, ${again.result.uploaded.blobs} blobs written, ${again.time}`);
  return first.result;
}

function pack(): Promise<PackCommandResult> {
  return packCommand({ inputs: ['package-lock.json'], output: packed, omit: ['dev'] }, context);
}

async function pushAndPull(digest: string): Promise<void> {
  const registry = await serveCommand({ port: 0 }, context);
  const reference = `${registry.host}/team/demo:1.0`;
  try {
    say(`3. Push it to a registry, which listens at ${registry.url} as long as this takes.`);
    const first = await timed(() => pushCommand({ from: packed, to: reference }, context));
    const { blobs, bytes } = first.result.copied;
    say(`   ${blobs} blobs, ${formatBytes(bytes)} in ${first.time}`);
    const again = await timed(() => pushCommand({ from: packed, to: reference }, context));
    expect(again.result.copied.blobs === 0, 'nothing is sent twice');
    say(`   and once more: ${again.result.copied.blobs} blobs moved, ${again.time}`);

    say('4. Pull it into another layout: every byte is checked on the way.');
    const back = await timed(() => pullCommand({ from: reference, to: pulled }, context));
    expect(back.result.digest === digest, 'what comes back is what was pushed');
    say(`   same digest, ${formatBytes(back.result.copied.bytes)} in ${back.time}`);
  } finally {
    await registry.close();
  }
}

async function inspectAndUnpack(): Promise<void> {
  say('5. Inspect it: manifest and lock are read, no package is.');
  const inspected = await timed(() => inspectCommand({ reference: pulled }, context));
  say(`   ${inspected.result.entries.length} files, ${inspected.result.artifactType ?? ''}, ${inspected.time}`);

  say('6. Unpack it: all or nothing, every byte checked.');
  const unpacked = await timed(() => unpackCommand({ reference: pulled, output: join(folder, 'unpacked') }, context));
  say(`   ${unpacked.result.files} files, ${formatBytes(unpacked.result.bytes)} in ${unpacked.time}`);
}

async function forge(): Promise<void> {
  say('7. Flip one byte of one package in the layout, and try again.');
  await flipOneByte();
  await refused(() => unpackCommand({ reference: pulled, output: join(folder, 'forged') }, context));
  expect(!(await exists(join(folder, 'forged'))), 'nothing was written');
  say('   and nothing was written');
  const { corrupt } = await auditCommand({ reference: pulled }, context);
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
