/** The lockfile becomes a pack, twice the same one, and goes to a registry. */
import { formatBytes, packCommand, pushCommand } from 'packwright/cli';
import type { PackCommandResult } from 'packwright/cli';
import { context, expect, packagesFetched, path, say, timed } from './stage.ts';

const layout = `oci:${path('packs')}:demo`;

export async function packTwice(): Promise<PackCommandResult> {
  say('1. Pack package-lock.json, without what only development needs, into an OCI layout.');
  const first = await timed(pack);
  const { lock, size, digest } = first.result;
  const entries = lock?.entries ?? [];
  expect(entries.length > 0 && packagesFetched() === entries.length, 'every entry of the lock was fetched');
  for (const { name, version, size: bytes } of entries) say(`     ${name} ${version}, ${formatBytes(bytes)}`);
  say(`   ${entries.length} packages, every one checked against the lockfile: ${formatBytes(size)} in ${first.time}`);
  say(`   the pack is ${digest}`);

  say('2. Pack it again: the same input gives the same bytes, so nothing is written.');
  const again = await timed(pack);
  expect(again.result.digest === digest, 'the digest is the same');
  expect(again.result.uploaded.blobs === 0, 'no blob is written twice');
  say(`   same digest, ${again.result.uploaded.blobs} blobs written, ${again.time}`);
  return first.result;
}

function pack(): Promise<PackCommandResult> {
  return packCommand({ inputs: ['package-lock.json'], output: layout, omit: ['dev'] }, context);
}

export async function push(reference: string, registry: string): Promise<void> {
  say(`3. Push it to a registry, which listens at ${registry} as long as this takes.`);
  const first = await timed(() => pushCommand({ from: layout, to: reference }, context));
  const { blobs, bytes } = first.result.copied;
  expect(blobs > 0, 'the registry had nothing');
  say(`   ${blobs} blobs, ${formatBytes(bytes)} in ${first.time}`);
  const again = await timed(() => pushCommand({ from: layout, to: reference }, context));
  expect(again.result.copied.blobs === 0, 'nothing is sent twice');
  say(`   and once more: ${again.result.copied.blobs} blobs moved, ${again.time}`);
}
