/*
 * What the tests of synced trees run in other processes; see ../node/child-process.ts.
 */
import { layoutRepository } from '../../../src/adapters/registry/layout.ts';
import { fsSink } from '../../../src/adapters/sink/fs.ts';
import { syncTree } from '../../../src/adapters/sync/fs.ts';
import { createPackService } from '../../../src/index.ts';

/** Flips between the packs of a layout until it is killed. Without a grace each tree is made and removed every time. */
const [layout = '', directory = '', grace = '0', ...names] = process.argv.slice(2);
const repository = layoutRepository({ directory: layout });
const options = {
  directory,
  service: createPackService(),
  sink: (place: string) => fsSink({ directory: place }),
  graceSeconds: Number(grace),
};
for (let index = 0; ; index++) {
  await syncTree({ repository, reference: names[index % names.length] }, options);
  if (index === 0) process.stdout.write('ready\n');
}
