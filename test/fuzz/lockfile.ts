import { readFileSync } from 'node:fs';
import { utf8 } from '../../src/bytes/encoding.ts';
import { isPackError } from '../../src/errors.ts';
import { looksLikeLockfile, parseLock, readLockfile, selectEntries, type Lockfile } from '../../src/lockfile/index.ts';

/** Code that takes bytes from outside. `run` throws only where that is a finding. */
export interface FuzzTarget {
  readonly name: string;
  run(bytes: Uint8Array): Promise<void>;
  readonly seeds: readonly Uint8Array[];
}

const fixtures = ['shop-v1', 'shop-v2', 'shop-v3', 'shop-v3-without-resolved'].map((name) =>
  readFileSync(new URL(`../lockfile/fixtures/${name}.json`, import.meta.url)),
);
const small = [
  '{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1"}},"node_modules/a":{"version":"1.0.0","integrity":"sha512-pKvURIxJVi2CgRXROh/M6pJ/UrTVRZKX+LQ+QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr+Yg=="}}}',
  '{"lockfileVersion":2,"packages":{"node_modules/a":{"link":true,"resolved":"x"},"x":{}},"dependencies":{"a":{"version":"file:x"}}}',
  '{"lockfileVersion":1,"dependencies":{"a":{"version":"npm:b@1.0.0","bundled":true,"requires":{"c":"1"}}}}',
].map(utf8);
const lock = utf8(
  '{"entries":[],"lockVersion":1,"selection":{"cpu":null,"libc":null,"omit":["dev"],"os":"linux"},"skipped":[{"path":"../x","reason":"link"}],"source":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","format":"npm","path":"package-lock.json"}}',
);

/** Longer than any input of a few hundred kilobytes may take. */
const patience = 5_000;

/** Runs what must answer, or refuse with an error of ours, in time. */
function expectTyped(run: () => void): Promise<void> {
  const start = performance.now();
  try {
    run();
  } catch (error) {
    if (!isPackError(error)) return Promise.reject(new Error('not an error of ours', { cause: error }));
  }
  const took = performance.now() - start;
  return took < patience ? Promise.resolve() : Promise.reject(new Error(`took ${took.toFixed(0)} ms`));
}

function checkPlaces({ entries, unpackable }: Lockfile): void {
  const places = [...entries.flatMap(({ installPaths }) => installPaths), ...unpackable.map(({ path }) => path)];
  if (new Set(places).size !== places.length) throw new Error('a place is listed twice');
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'npm lockfile',
    seeds: [...small, ...fixtures],
    run: (bytes) =>
      expectTyped(() => {
        looksLikeLockfile(bytes);
        const lockfile = readLockfile(bytes, { name: 'package-lock.json' });
        checkPlaces(lockfile);
        selectEntries(lockfile, {
          omit: ['dev'],
          os: 'linux',
          cpu: 'x64',
          libc: 'musl',
          allowHosts: ['registry.example'],
        });
      }),
  },
  { name: 'lock', seeds: [lock], run: (bytes) => expectTyped(() => void parseLock(bytes)) },
];
