import { type Client, type ClientOptions, linesOf, sessionOf } from './client.ts';

/** regctl, in its own words. */
export function regctlClient(options: ClientOptions): Client {
  const run = sessionOf('regctl', options);
  const digests = '{{range .Descriptors}}{{println .Digest}}{{end}}';
  return {
    push: (layout, reference) => run(['image', 'copy', `ocidir://${layout}`, reference]),
    pull: (reference, layout) => run(['image', 'copy', reference, `ocidir://${layout}`]),
    copy: (from, to) => run(['image', 'copy', from, to]),
    digest: async (reference) => (await run(['manifest', 'head', reference])).trim(),
    tags: async (repository) => linesOf(await run(['tag', 'ls', repository])),
    catalog: async () => linesOf(await run(['repo', 'ls', options.address.host])),
    delete: (reference) => run(['manifest', 'delete', '--force-tag-dereference', reference]),
    referrers: async (reference) => linesOf(await run(['artifact', 'list', '--format', digests, reference])),
    attach: async (reference, file, type) => {
      const how = ['--artifact-type', type, '--subject', reference, '--file', file, '--file-title', '--strip-dirs'];
      return (await run(['artifact', 'put', ...how, '--format', '{{.Manifest.GetDescriptor.Digest}}'])).trim();
    },
  };
}
