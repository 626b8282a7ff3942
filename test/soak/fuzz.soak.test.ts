import * as fc from 'fast-check';
import { bytesSource, isPackError, parseJson, readAll } from 'packwright';
import { gunzipStream, gzipStream, readTar, tarStream } from 'packwright/archive';
import { parseDigest, parseIntegrity } from 'packwright/digest';
import { parseLock, readLockfile } from 'packwright/lockfile';
import { buildManifest, emptyDescriptor, parseManifest, parseReference } from 'packwright/oci';
import { describe, it } from 'vitest';

const runs = process.env.PACKWRIGHT_SOAK === 'long' ? 1_000_000 : 10_000;
const ascii = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const blob = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> => new Blob([bytes]).stream();

const integrity = `sha512-${'A'.repeat(86)}==`;
const lockfile = ascii(
  JSON.stringify({
    name: 'app',
    lockfileVersion: 3,
    packages: {
      '': {
        name: 'app',
        dependencies: { left: '^1.0.0', alias: 'npm:@scope/right@2.0.0' },
        workspaces: ['packages/*'],
      },
      'node_modules/left': { version: '1.0.0', integrity, optional: true, os: ['linux'] },
      'node_modules/alias': { name: '@scope/right', version: '2.0.0', integrity, dependencies: { left: '*' } },
      'node_modules/alias/node_modules/left': { version: '1.1.0', inBundle: true },
      'node_modules/one': { resolved: 'packages/one', link: true },
      'packages/one': { version: '0.0.1' },
    },
  }),
);
const manifest = buildManifest({
  artifactType: 'application/vnd.example.thing',
  layers: [{ ...emptyDescriptor, annotations: { 'org.opencontainers.image.title': 'a/b' } }],
  subject: emptyDescriptor,
}).bytes;
const lock = ascii(
  '{"entries":[],"lockVersion":1,"selection":{"cpu":null,"libc":null,"omit":[],"os":null},"skipped":[],' +
    `"source":{"digest":"sha256:${'0'.repeat(64)}","format":"npm","path":"package-lock.json"}}`,
);
const tar = await readAll(
  tarStream([
    { path: `${'long/'.repeat(40)}name`, type: 'file', source: bytesSource(ascii('some content')) },
    { path: 'program', type: 'file', executable: true, source: bytesSource(new Uint8Array(700)) },
    { path: 'same', type: 'hardlink', target: 'program' },
    { path: 'symbolic', type: 'symlink', target: 'program' },
  ]),
  { limit: 1 << 20 },
);
const gzip = await readAll(blob(new Uint8Array(tar)).pipeThrough(gzipStream()), { limit: 1 << 20 });

/** Valid bytes with a few changes in them: flipped, overwritten, cut out, repeated, cut off. */
function mutated(seed: Uint8Array, dictionary: readonly string[]): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const position = fc.nat(seed.length - 1);
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(...dictionary).map((text) => ascii(text)),
  );
  const change = fc.record({ at: position, length: fc.nat(16), piece, keep: fc.boolean() });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let bytes = [...seed];
    for (const { at, length, piece: put, keep } of changes) {
      bytes = [...bytes.slice(0, at), ...put, ...bytes.slice(at + (keep ? put.length : length))];
    }
    return new Uint8Array(bytes);
  });
}

/** The law of every reader: a value, or an error of ours that says what is wrong. */
async function isJudged(work: () => unknown): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isPackError(error) && error.message !== '') return true;
    throw error;
  }
}

async function readWhole(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for await (const member of readTar(blob(bytes), { limits: { totalBytes: 1 << 20 } })) {
    if (member.size > 0) await readAll(member.open(), { limit: 1 << 20 });
  }
}

const inJson = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\u',
  '__proto__',
  '1e999',
  '-0',
  'null',
  '\ud800',
  '\u0000',
  '9'.repeat(20),
];
const inLock = [
  ...inJson,
  '../',
  '/',
  'node_modules/',
  'node_modules',
  'link',
  'sha1-',
  'sha512-',
  'git+ssh://',
  'file:',
  'npm:',
];
const inTar = [
  '\0',
  '\0'.repeat(512),
  '../',
  '/',
  '\x80',
  '\xff',
  '10 size=5\n',
  '7777777',
  'L',
  'K',
  'x',
  'g',
  '1',
  '2',
  'ustar\0',
];
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('abz09._-/:@+[]%sha256= ')) }),
);

/** One target: inputs, and what reads them. */
const target =
  <T>(inputs: fc.Arbitrary<T>, read: (input: T) => unknown): (() => Promise<void>) =>
  () =>
    fc.assert(
      fc.asyncProperty(inputs, (input) => isJudged(() => read(input))),
      { numRuns: runs },
    );

const targets: Readonly<Record<string, () => Promise<void>>> = {
  JSON: target(mutated(lockfile, inJson), (bytes) => parseJson(bytes)),
  reference: target(text, parseReference),
  integrity: target(text, parseIntegrity),
  digest: target(text, parseDigest),
  manifest: target(mutated(manifest, inJson), (bytes) => parseManifest(bytes)),
  lockfile: target(mutated(lockfile, inLock), (bytes) => readLockfile(bytes, { name: 'package-lock.json' })),
  lock: target(mutated(lock, inLock), parseLock),
  tar: target(mutated(tar, inTar), readWhole),
  gzip: target(mutated(gzip, inTar), (bytes) => readAll(blob(bytes).pipeThrough(gunzipStream()), { limit: 1 << 20 })),
};

describe(`any bytes are read or refused with a code, ${runs} times`, () => {
  it.each(Object.entries(targets))('%s', async (_name, run) => {
    await run();
  });
});
