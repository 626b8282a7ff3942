import { chmod } from 'node:fs/promises';
import type { Options } from 'tsup';

/** One entry per subpath of package.json, under the same name; `test/meta/exports.test.ts` says which was forgotten. */
export const entry: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  digest: 'src/digest/index.ts',
  oci: 'src/oci/index.ts',
  archive: 'src/archive/index.ts',
  lockfile: 'src/lockfile/index.ts',
  attest: 'src/attest/index.ts',
  ports: 'src/ports/index.ts',
  registry: 'src/registry/index.ts',
  store: 'src/store/index.ts',
  verify: 'src/verify/index.ts',
  'verify/npm': 'src/verify/npm/index.ts',
  'verify/github': 'src/verify/github/index.ts',
  'blob-store/memory': 'src/adapters/blob-store/memory.ts',
  'blob-store/fs': 'src/adapters/blob-store/fs.ts',
  'blob-store/s3': 'src/adapters/blob-store/s3.ts',
  'blob-store/postgres': 'src/adapters/blob-store/postgres.ts',
  'blob-store/opfs': 'src/adapters/blob-store/opfs.ts',
  'blob-store/indexeddb': 'src/adapters/blob-store/indexeddb.ts',
  'blob-store/registry': 'src/adapters/blob-store/registry.ts',
  'registry/memory': 'src/adapters/registry/memory.ts',
  'registry/layout': 'src/adapters/registry/layout.ts',
  'registry/http': 'src/adapters/registry/http.ts',
  'registry/server': 'src/adapters/registry/server.ts',
  'credential/docker-config': 'src/adapters/credential/docker-config.ts',
  'credential/env': 'src/adapters/credential/env.ts',
  'signer/key': 'src/adapters/signer/key.ts',
  'signer/keyless': 'src/adapters/signer/keyless.ts',
  'signer/sigstore': 'src/adapters/signer/sigstore.ts',
  'trust/public-good': 'src/adapters/trust/public-good.ts',
  'trust/tuf': 'src/adapters/trust/tuf.ts',
  'source/http': 'src/adapters/source/http.ts',
  'source/file': 'src/adapters/source/file.ts',
  'source/npm-cache': 'src/adapters/source/npm-cache.ts',
  'sink/fs': 'src/adapters/sink/fs.ts',
  'sink/memory': 'src/adapters/sink/memory.ts',
  'sync/fs': 'src/adapters/sync/fs.ts',
  'transport/node': 'src/adapters/transport/node.ts',
  'transport/undici': 'src/adapters/transport/undici.ts',
  testing: 'src/testing/index.ts',
  cli: 'src/cli/index.ts',
};

const shared: Options = {
  format: ['esm'],
  target: 'es2022',
  splitting: true,
  sourcemap: true,
  // Without this tsup turns `node:fs` into `fs`, which Deno and workerd do not know.
  removeNodeProtocol: false,
};

/** Leaves what is imported in passing, by the name that it is imported by, in a file of its own. */
function leftApart(files: Readonly<Record<string, string>>): NonNullable<Options['esbuildPlugins']>[number] {
  return {
    name: 'left-apart',
    setup(build) {
      build.onResolve({ filter: /^\.\.?\// }, ({ kind, path: asked }) => {
        const path = kind === 'dynamic-import' ? files[asked] : undefined;
        return path === undefined ? undefined : { path, external: true };
      });
    },
  };
}

const builds: Options[] = [
  { ...shared, entry: { ...entry }, platform: 'neutral', external: [/^node:/], dts: true },
  {
    ...shared,
    // The command starts in a third of the time when it is one file, with its dependencies: each other file costs a
    // millisecond. Two are by themselves: one turns the cache of compiled code on, and what the other has is rarely used.
    entry: { bin: 'src/cli/bin.ts', program: 'src/cli/program.ts', undici: 'src/adapters/transport/undici.ts' },
    splitting: false,
    esbuildPlugins: [leftApart({ './program.ts': './program.js', '../adapters/transport/undici.ts': './undici.js' })],
    outDir: 'dist/cli',
    platform: 'node',
    noExternal: [/./],
    sourcemap: false,
    // CommonJS dependencies ask for node: modules through `require`, which an ES module lacks.
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
    },
    onSuccess: () => chmod('dist/cli/bin.js', 0o755),
  },
];

export default builds;
