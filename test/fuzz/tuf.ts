import { tufClient, type TufState } from '../../src/adapters/trust/tuf.ts';
import { canonicalMetadata } from '../../src/adapters/trust/tuf/canonical.ts';
import { readMetadata } from '../../src/adapters/trust/tuf/document.ts';
import { targetPath } from '../../src/adapters/trust/tuf/mirror-path.ts';
import { matchesPattern } from '../../src/adapters/trust/tuf/path-pattern.ts';
import type { RoleKeys } from '../../src/adapters/trust/tuf/role-keys.ts';
import { rootFormat, snapshotFormat, targetsFormat, timestampFormat } from '../../src/adapters/trust/tuf/roles.ts';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/encoding.ts';
import { equalBytes } from '../../src/bytes/equal-bytes.ts';
import type { JsonValue } from '../../src/bytes/json.ts';
import { isDigest } from '../../src/digest/digest.ts';
import { isPackError } from '../../src/errors.ts';
import { TestRepository } from '../adapters/trust/tuf-repository.ts';
import { inJson } from './json.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const repository = await TestRepository.create();
repository.hashes = true;
repository.addTarget('targets', 'dir/a', 'content', ['sha256', 'sha512']);
await repository.delegate('targets', 'inner', { paths: ['dir/*', 'a?[!b-c]'], terminating: true });
await repository.publish('root', 'inner', 'targets', 'snapshot', 'timestamp');

const paths = ['2.root.json', 'timestamp.json', '1.snapshot.json', '2.snapshot.json', '2.targets.json', '1.inner.json'];
const seeds = paths.flatMap((path) => repository.files.get(path) ?? []);
const expected = await tufClient(repository.options()).refresh();

const inMetadata = [
  ...['"threshold":0', '"threshold":1', '"keyids":[]', '"version":2', '"_type":"root"', '"snapshot.json":', '"name":'],
  ...[
    '"paths":',
    '"path_hash_prefixes":',
    '"terminating":true',
    '"length":0',
    '"sha256":',
    '"signatures":[]',
    '../',
    '1.0',
  ],
  ...[
    '2031-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '"keyid":',
    '"sig":""',
    '"hashes":{}',
    '"consistent_snapshot":false',
  ],
];

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'TUF metadata',
    seeds,
    dictionary: [...inJson, ...inMetadata],
    run: (bytes) => judge(() => readAsEach(bytes)),
  },
  { name: 'TUF mirror', seeds, dictionary: [...inJson, ...inMetadata], run: refreshFrom },
  {
    name: 'TUF path',
    seeds: ['dir/a.tgz\ndir/*', 'a/b/c\n*/?/[a-c]', '../a\n**', '[!]]x\n]x'].map((text) => utf8(text)),
    dictionary: ['*', '?', '[', ']', '[!', '-', '/', '..', '%2e', '\\', '\n', 'a'],
    run: (bytes) => judge(() => readPath(new TextDecoder().decode(bytes))),
  },
];

function readAsEach(bytes: Uint8Array): void {
  const root = readAs(() => readMetadata('root', bytes, rootFormat));
  if (root !== undefined) Object.values(root.role.roles).forEach(checkKeys);
  const targets = readAs(() => readMetadata('targets', bytes, targetsFormat));
  targets?.role.delegations.roles.forEach(({ holders }) => checkKeys(holders));
  if (targets?.role.delegations.bins !== undefined) checkKeys(targets.role.delegations.bins.holders);
  for (const { length, digests } of targets?.role.targets.values() ?? []) {
    holds('a target has a length and digests', length >= 0 && digests.every(isDigest));
  }
  const others = [timestampFormat, snapshotFormat].map((format) =>
    readAs(() => readMetadata<unknown>('x', bytes, format)),
  );
  for (const metadata of [root, targets, ...others]) {
    if (metadata === undefined) continue;
    const { signed } = JSON.parse(fromUtf8(bytes)) as { signed: JsonValue };
    holds('signatures are over what the platform reads', equalBytes(metadata.payload, canonicalMetadata(signed)));
    holds('a version is at least 1', metadata.role.version >= 1 && Number.isFinite(metadata.role.expires));
  }
}

function readAs<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isPackError(error) && error.message !== '') return undefined;
    throw error;
  }
}

function checkKeys({ keys, threshold }: RoleKeys): void {
  holds('a threshold is at least 1', Number.isSafeInteger(threshold) && threshold >= 1);
  holds('an id stands for one key', new Set(keys.keys()).size === keys.size);
}

/** In the place of a file of its type: it is refused, or it says what it said before. */
async function refreshFrom(bytes: Uint8Array): Promise<void> {
  const type = /"_type": "([a-z]+)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? 'timestamp';
  for (const path of paths.filter((each) => each.includes(type))) {
    const metadata: typeof repository.mirror = (asked) =>
      Promise.resolve(asked === path ? bytes : repository.files.get(asked));
    const state = await tufClient(repository.options({ metadata })).refresh().catch(refusal);
    holds('nothing is trusted that was not signed', state === undefined || isExpected(state));
  }
}

function refusal(error: unknown): undefined {
  if (!isPackError(error) || error.message === '') throw error;
}

function isExpected(state: TufState): boolean {
  return JSON.stringify(state) === JSON.stringify(expected);
}

function readPath(text: string): void {
  const [path = '', pattern = ''] = text.split('\n');
  const matches = matchesPattern(pattern, path);
  holds('a pattern without signs matches itself', /[*?[]/.test(path) || matchesPattern(path, path));
  holds('a pattern has as many segments as a path', !matches || pattern.split('/').length === path.split('/').length);
  const base = 'https://mirror.example/folder/';
  const url = new URL(base + targetPath(path));
  holds('a target stays below its folder', url.href.startsWith(base) && url.search === '' && url.hash === '');
  holds('two targets have two paths', toHex(utf8(decodeURIComponent(targetPath(path)))) === toHex(utf8(path)));
}
