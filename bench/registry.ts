import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createPackService, type RepositoryLocation } from 'packwright';
import { httpRegistries } from 'packwright/registry/http';
import { layoutRepository } from 'packwright/registry/layout';
import { nodeTransport } from 'packwright/transport/node';
import { cacheOf, type Client, type ClientName } from '../test/peers/clients/client.ts';
import { clientFor, clientNames } from '../test/peers/clients/client-for.ts';
import { runRegistry, type RunningRegistry } from '../test/peers/guarded-registry.ts';
import type { RegistryKind } from '../test/peers/registries.ts';
import type { Contender, Figure } from './measure.ts';
import { command, findProgram, run } from './programs.ts';
import { makeLayout, type Load } from './registry-layout.ts';
import { attachMany } from './registry-referrers.ts';
import { removeTree } from './work-folder.ts';

/** What is done with what is moved. */
export type RegistryVerb = 'push' | 'pull' | 'copy' | 'again' | 'referrers';

/** A registry with a layout that is moved into it and out of it. */
interface Stage {
  readonly folder: string;
  readonly registry: RunningRegistry;
  /** Where copies between registries go. */
  readonly other: RunningRegistry;
  readonly clients: readonly (readonly [ClientName, Client])[];
}

/** How a verb is said: by our command, by a call of ours, and by a client. `undefined` where a client cannot. */
interface Job {
  readonly name: string;
  readonly process: (round: number) => readonly string[];
  readonly call: (round: number) => Promise<unknown>;
  readonly client: (client: Client, name: ClientName, round: number) => Promise<unknown> | undefined;
  readonly reset?: (() => Promise<void>) | undefined;
}

const goals = { process: 1.2, warm: 1 };

/** One verb on one kind of registry, beside oras, crane, regctl and skopeo. */
export async function registryFigure(
  folder: string,
  kind: RegistryKind,
  verb: RegistryVerb,
  load: Load,
): Promise<Figure> {
  const wanted = ['oras', 'crane', 'regctl', 'skopeo', ...(kind === 'packwright' ? [] : ['distribution'])];
  const missing = wanted.filter((program) => findProgram(program) === undefined);
  const what = 'blobs' in load ? `${load.blobs} blobs of 100 KB` : `a blob of ${load.mebibytes} MiB`;
  const name = `${verbs[verb]} ${verb === 'referrers' ? 'of an image that has 1000' : what}, registry: ${kind}`;
  if (missing.length > 0) return { name, comparisons: [], missing };
  const stage = await makeStage(folder, kind, load);
  const job = await jobs[verb](stage);
  const ours = contenderOf('packwright', stage, job, (round) =>
    run([...command, ...job.process(round)], { cwd: folder }),
  );
  const warm = contenderOf('packwright (in process)', stage, job, (round) => job.call(round));
  const peers = stage.clients.flatMap(([peer, client]) => {
    if (!canDo(client, peer, verb, load)) return [];
    return [contenderOf(peer, stage, job, (round) => job.client(client, peer, round) ?? Promise.resolve())];
  });
  const comparisons = peers.flatMap((peer) => [
    { ours, peer, goal: goals.process },
    { ours: warm, peer, goal: goals.warm },
  ]);
  return { name, comparisons, close: () => stopAll(stage) };
}

/** skopeo does not come to the end of an image of 1,000 layers in two minutes, and knows no referrers; nor does crane. */
function canDo(client: Client, name: ClientName, verb: RegistryVerb, load: Load): boolean {
  if (verb === 'referrers') return client.referrers !== undefined;
  return name !== 'skopeo' || !('blobs' in load);
}

const verbs: Readonly<Record<RegistryVerb, string>> = {
  push: 'push of',
  pull: 'pull of',
  copy: 'copy between registries of',
  again: 'second push of',
  referrers: 'referrers',
};

function contenderOf(name: string, { folder }: Stage, job: Job, work: (round: number) => Promise<unknown>): Contender {
  return {
    name,
    reset: async () => {
      // skopeo would mount what it remembers of the last round.
      await removeTree(cacheOf(folder));
      await job.reset?.();
    },
    run: async () => {
      await work((rounds += 1));
    },
  };
}

/** No two rounds of anybody meet in one repository. */
let rounds = 0;

async function makeStage(folder: string, kind: RegistryKind, load: Load): Promise<Stage> {
  await makeLayout(join(folder, 'layout'), load);
  const registry = await runRegistry(kind, join(folder, 'registry'), { access: 'anonymous', onDisk: true });
  const other = await runRegistry(kind, join(folder, 'other'), { access: 'anonymous', onDisk: true });
  const clients = clientNames.map((name) => [name, clientFor(name, { address: registry, other, folder })] as const);
  return { folder, registry, other, clients };
}

async function stopAll({ registry, other }: Stage): Promise<void> {
  await registry.stop();
  await other.stop();
}

const { fetch } = nodeTransport();
const service = createPackService({ registries: httpRegistries({ fetch }) });
const layoutAt = (directory: string): RepositoryLocation => ({
  repository: layoutRepository({ directory }),
  reference: 'v1',
});

const jobs: Readonly<Record<RegistryVerb, (stage: Stage) => Job | Promise<Job>>> = {
  push: ({ folder, registry: { host } }) => {
    const to = (round: number): string => `${host}/bench/push-${round}:v1`;
    return {
      name: 'push',
      process: (round) => ['push', 'oci:layout:v1', to(round)],
      call: (round) => service.copy(layoutAt(join(folder, 'layout')), to(round)),
      client: (client, _name, round) => client.push('layout:v1', to(round)),
    };
  },
  again: async (stage) => {
    const reference = await pushed(stage);
    return {
      name: 'again',
      process: () => ['push', 'oci:layout:v1', reference],
      call: () => service.copy(layoutAt(join(stage.folder, 'layout')), reference),
      client: (client) => client.push('layout:v1', reference),
    };
  },
  pull: async (stage) => {
    const reference = await pushed(stage);
    const target = join(stage.folder, 'pulled');
    return {
      name: 'pull',
      reset: () => removeTree(target),
      process: () => ['pull', reference, 'oci:pulled:v1'],
      call: () => service.copy(reference, layoutAt(target)),
      client: async (client) => {
        await mkdir(target, { recursive: true });
        return client.pull(reference, 'pulled:v1');
      },
    };
  },
  copy: async (stage) => {
    const reference = await pushed(stage);
    const to = (round: number): string => `${stage.other.host}/bench/copy-${round}:v1`;
    return {
      name: 'copy',
      process: (round) => ['copy', reference, to(round)],
      call: (round) => service.copy(reference, to(round)),
      client: (client, _name, round) => client.copy(reference, to(round)),
    };
  },
  referrers: async (stage) => {
    const reference = await pushed(stage);
    const { host, kind } = stage.registry;
    await attachMany(`http://${host}/v2/bench/image`, 1000, kind === 'distribution 3');
    const { digest } = await service.resolve(reference);
    const registries = httpRegistries({ fetch });
    return {
      name: 'referrers',
      process: () => ['referrers', reference],
      call: async () => (await registries(host)).repository('bench/image').referrers(digest),
      client: (client) => client.referrers?.(reference),
    };
  },
};

/** What is read from the registry is pushed there before. */
async function pushed({ folder, registry: { host } }: Stage): Promise<string> {
  const reference = `${host}/bench/image:v1`;
  await service.copy(layoutAt(join(folder, 'layout')), reference);
  return reference;
}
