import { expect, it } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import { digestOf } from '../../src/digest/digest.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import type { Repository } from '../../src/ports/registry.ts';
import { contentOf } from '../../src/testing/bytes.ts';
import { putManifest, textDescriptor } from '../../src/testing/registry-fixtures.ts';
import { describeWithPeers } from '../interop/peers.ts';
import { temporaryFolder } from './command.ts';
import { figure, long } from './report.ts';
import { servedRegistry } from './served-registry.ts';
import { storeServers, type StoreServers } from './store-scene.ts';

const rounds = long ? 20 : 1;
const clients = 10;
const pushes = long ? 3 : 1;

/** How `packwright serve` is told of a store: the address, and the secrets in the environment. */
const served: Readonly<Record<string, (servers: StoreServers) => { store: string; env: Record<string, string> }>> = {
  s3: ({ s3 }) => ({
    store: `s3://${s3.bucket}/served`,
    env: {
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
    },
  }),
  postgres: ({ postgres }) => {
    const url = new URL(postgres.url);
    url.password = '';
    return { store: url.href, env: { PGPASSWORD: postgres.password } };
  },
};

/** What a client pushes, and under which tags. */
interface Pushed {
  readonly tag: string;
  readonly text: string;
  readonly manifest: Descriptor;
}

async function pushAll(repository: Repository, client: number, subject: Descriptor): Promise<Pushed[]> {
  const pushed: Pushed[] = [];
  for (let push = 0; push < pushes; push++) {
    // The same layers for a client of the one server and one of the other; a tag for all of them besides.
    const text = `layer ${client % clients} of push ${push}`.repeat(500);
    const tag = `client-${client}-push-${push}`;
    const annotations = { client: String(client) };
    pushed.push({ tag, text, manifest: await putManifest(repository, text, { tag, subject, annotations }) });
    await putManifest(repository, text, { tag: 'latest', annotations });
  }
  return pushed;
}

/** Tags, referrers and bytes that a server does not have. */
async function missingFrom(repository: Repository, pushed: readonly Pushed[], subject: Descriptor): Promise<string[]> {
  const missing: string[] = [];
  const { referrers } = await repository.referrers(subject.digest);
  const known = new Set<string>(referrers.map(({ digest }) => digest));
  for (const { tag, text, manifest } of pushed) {
    const { digest } = textDescriptor(text);
    if ((await repository.resolve(tag))?.digest !== manifest.digest) missing.push(`tag ${tag}`);
    if (!known.has(manifest.digest)) missing.push(`referrer ${tag}`);
    const stream = await repository.blob.get(digest);
    if (stream === undefined || digestOf(await contentOf(await stream.open())) !== digest) missing.push(`layer ${tag}`);
  }
  if ((await repository.resolve('latest')) === undefined) missing.push('tag latest');
  return missing;
}

describeWithPeers(`two servers with ${clients} pushing clients each, ${rounds} times`, () => {
  const serversOf = storeServers();
  it.each(Object.keys(served))('lose nothing on one %s', async (kind) => {
    const servers = serversOf();
    const { store, env } = served[kind]?.(servers) ?? { store: '', env: {} };
    const cwd = temporaryFolder();
    const both = [await servedRegistry(store, cwd, env), await servedRegistry(store, cwd, env)];
    let count = 0;
    const lost: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const at = (index: number): Repository =>
        httpRegistry({ host: both[index % 2]?.host ?? '' }).repository(`team/round-${round}`);
      const subject = await putManifest(at(0), 'subject', { tag: 'subject' });
      const all = Array.from({ length: 2 * clients }, (_, index) =>
        pushAll(at(index < clients ? 0 : 1), index, subject),
      );
      const pushed = (await Promise.all(all)).flat();
      count += pushed.length;
      for (const index of [0, 1]) lost.push(...(await missingFrom(at(index), pushed, subject)));
    }
    figure(`two servers on one ${kind}`, { rounds, clients: 2 * clients, pushed: count, lost: lost.length });
    expect(lost).toEqual([]);
    await Promise.all(both.map((each) => each.stop()));
  });
});
