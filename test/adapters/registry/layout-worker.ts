/*
 * What the tests of layouts run in other processes; see ../node/child-process.ts.
 */
import { layoutRepository, openLayout } from '../../../src/adapters/registry/layout.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { putManifest } from '../../../src/testing/registry-fixtures.ts';

const commands: Record<string, (...args: string[]) => Promise<unknown>> = {
  /** Writes one pack. */
  put: (directory = '', tag = '') => putManifest(layoutRepository({ directory }), `content of ${tag}`, { tag }),
  /** Writes the half of a blob, and waits to be killed. */
  async hangInIngest(directory = '') {
    const ingest = await openLayout({ directory }).blobs.ingest?.();
    await ingest?.append(bytesSource(new Uint8Array(1000)));
    process.stdout.write('ready\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
  /** Writes packs until it is killed. */
  async putMany(directory = '', tag = '') {
    const repository = layoutRepository({ directory });
    process.stdout.write('ready\n');
    for (let index = 0; ; index++) {
      const text = `content of ${tag} ${String(index)} `.repeat(1000);
      await putManifest(repository, text, { tag: `${tag}-${String(index % 3)}` });
    }
  },
};

const [command = '', ...args] = process.argv.slice(2);
await commands[command]?.(...args);
process.exit(0);
