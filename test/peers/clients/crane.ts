import { type Client, type ClientOptions, folderOf, linesOf, sessionOf } from './client.ts';

/** crane, in its own words. It reads and writes whole layouts: tags of theirs are nothing to it. */
export function craneClient(options: ClientOptions): Client {
  const run = sessionOf('crane', options);
  return {
    push: (layout, reference) => run(['push', folderOf(layout), reference]),
    pull: (reference, layout) => run(['pull', '--format', 'oci', reference, folderOf(layout)]),
    copy: (from, to) => run(['copy', from, to]),
    digest: async (reference) => (await run(['digest', reference])).trim(),
    tags: async (repository) => linesOf(await run(['ls', repository])),
    catalog: async () => linesOf(await run(['catalog', options.address.host])),
    delete: (reference) => run(['delete', reference]),
  };
}
