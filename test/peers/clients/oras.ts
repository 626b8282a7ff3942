import { type Client, type ClientOptions, linesOf, sessionOf } from './client.ts';

interface Found {
  readonly referrers?: readonly { readonly digest: string }[] | null | undefined;
}

/** oras, in its own words. */
export function orasClient(options: ClientOptions): Client {
  const { authority, host } = options.address;
  const run = sessionOf('oras', options);
  const way = (side = ''): readonly string[] =>
    authority === undefined ? [`--${side}plain-http`] : [`--${side}ca-file`, authority.caFile];
  return {
    push: (layout, reference) => run(['cp', '--no-tty', '--from-oci-layout', layout, ...way('to-'), reference]),
    pull: (reference, layout) => run(['cp', '--no-tty', ...way('from-'), reference, '--to-oci-layout', layout]),
    copy: (from, to) => run(['cp', '--no-tty', ...way('from-'), from, ...way('to-'), to]),
    digest: async (reference) => (await run(['resolve', ...way(), reference])).trim(),
    tags: async (repository) => linesOf(await run(['repo', 'tags', ...way(), repository])),
    catalog: async () => linesOf(await run(['repo', 'ls', ...way(), host])),
    delete: (reference) => run(['manifest', 'delete', '--force', ...way(), reference]),
    referrers: async (reference) => {
      const found = await run(['discover', '--format', 'json', '--depth', '1', ...way(), reference]);
      return ((JSON.parse(found) as Found).referrers ?? []).map(({ digest }) => digest);
    },
    attach: async (reference, file, type) => {
      const how = ['--no-tty', '--format', 'json', '--artifact-type', type];
      return (JSON.parse(await run(['attach', ...how, ...way(), reference, file])) as { digest: string }).digest;
    },
  };
}
