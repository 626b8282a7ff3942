/*
 * One thing with one large blob and registries, in a process of its own, by the built package: prints the most memory
 * that it took.
 */
import { readFileSync } from 'node:fs';
import { createPackService, type RepositoryLocation } from 'packwright';
import { httpRegistry } from 'packwright/registry/http';
import { layoutRepository } from 'packwright/registry/layout';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes } from 'packwright/source/file';
import { nodeTransport } from 'packwright/transport/node';

const [verb = '', size = '0', transport, from = '', to = ''] = process.argv.slice(2);
const direct = transport === 'packwright/transport/node';
const fetch = direct ? nodeTransport().fetch : undefined;
const service = createPackService({ limits: { artifactBytes: Math.max(1, Number(size)) } });
const at = (host: string, name = 'large'): RepositoryLocation => ({
  repository: httpRegistry({ host, fetch }).repository(`team/${direct ? 'direct' : 'plain'}-${name}`),
  reference: 'v1',
});
const layout = (directory: string): RepositoryLocation => ({
  repository: layoutRepository({ directory }),
  reference: 'v1',
});
const packTo = async (target: RepositoryLocation): Promise<unknown> =>
  service.pack({ files: [{ path: 'large', source: await fileBytes('large') }] }, target);

const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'pack into a layout': () => packTo(layout('source')),
  'pack into a registry': () => packTo(at(from, 'packed')),
  push: () => service.copy(layout('source'), at(from)),
  pull: () => service.copy(at(from), layout('pulled')),
  unpack: () => service.unpack(at(from), fsSink({ directory: 'out' })),
  copy: () => service.copy(at(from), at(to)),
};

const run = verbs[verb];
if (run === undefined) throw new Error(`there is no work called ${verb}`);
await run();
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`${Number(peak) * 1024}\n`);
