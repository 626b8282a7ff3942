/*
 * One thing with one large entry, in a process of its own, by the built package: prints the most memory that it took.
 */
import { readFileSync } from 'node:fs';
import { createPackService } from 'packwright';
import { layoutRepository } from 'packwright/registry/layout';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes } from 'packwright/source/file';
import { httpSource } from 'packwright/source/http';

const [verb = '', size = '0'] = process.argv.slice(2);
// The default is 16 GiB for all and 4 GiB for one: what is asked for here is the largest that the defaults allow.
const service = createPackService({ sources: [httpSource()], limits: { artifactBytes: Math.max(1, Number(size)) } });
const at = (directory: string): { repository: ReturnType<typeof layoutRepository>; reference: string } => ({
  repository: layoutRepository({ directory }),
  reference: 'v1',
});
const lockfile = (): { name: string; bytes: Uint8Array } => ({
  name: 'package-lock.json',
  bytes: readFileSync('package-lock.json'),
});

const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'pack a file': async () =>
    service.pack({ files: [{ path: 'large', source: await fileBytes('large') }] }, at('from-file')),
  copy: () => service.copy(at('from-file'), at('copied')),
  'unpack a file': () => service.unpack(at('copied'), fsSink({ directory: 'out' })),
  'pack a lock': () => service.pack({ lockfile: lockfile() }, at('from-lock')),
  'pack a lock into one tar': () => service.pack({ lockfile: lockfile(), grouping: 'tar' }, at('from-tar')),
  'unpack a lock from one tar': () => service.unpack(at('from-tar'), fsSink({ directory: 'out' })),
};

const run = verbs[verb];
if (run === undefined) throw new Error(`there is no work called ${verb}`);
await run();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`${Number(peak) * 1024}\n`);
