import { createHash } from 'node:crypto';
import { type Client, type ClientOptions, sessionOf } from './client.ts';

/** skopeo, in its own words. */
export function skopeoClient(options: ClientOptions): Client {
  const { authority } = options.address;
  const run = sessionOf('skopeo', options);
  const way = (side = ''): readonly string[] =>
    authority === undefined ? [`--${side}tls-verify=false`] : [`--${side}cert-dir`, authority.caFolder];
  const copy = ['copy', '--quiet', '--all', '--preserve-digests'];
  return {
    push: (layout, reference) => run([...copy, ...way('dest-'), `oci:${layout}`, `docker://${reference}`]),
    pull: (reference, layout) => run([...copy, ...way('src-'), `docker://${reference}`, `oci:${layout}`]),
    copy: (from, to) => run([...copy, ...way('src-'), ...way('dest-'), `docker://${from}`, `docker://${to}`]),
    digest: async (reference) => {
      const raw = await run(['inspect', '--raw', ...way(), `docker://${reference}`]);
      return `sha256:${createHash('sha256').update(raw).digest('hex')}`;
    },
    tags: async (repository) =>
      (JSON.parse(await run(['list-tags', ...way(), `docker://${repository}`])) as { Tags: string[] }).Tags,
    delete: (reference) => run(['delete', ...way(), `docker://${reference}`]),
  };
}
