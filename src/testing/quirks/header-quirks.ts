import { digestOf } from '../../digest/digest.ts';
import { asked, changed, rewriting, rewritingSuccess } from './answers.ts';
import type { QuirkRule } from './quirk.ts';

const content = asked('GET HEAD PUT', 'manifest', 'blob', 'upload');
const heads = asked('HEAD', 'manifest', 'blob');

/** What registries say of content in its head. */
export const headerQuirks: readonly QuirkRule[] = [
  {
    name: 'no-digest-header',
    summary: 'no answer has Docker-Content-Digest',
    seenOn: 'older registries, static mirrors, and pages in browsers where it is not exposed',
    run: rewriting(content, (response) => changed(response, { 'docker-content-digest': null })),
  },
  {
    name: 'wrong-digest-header',
    summary: 'Docker-Content-Digest is the digest of something else',
    seenOn: 'many ("so many registries implement this incorrectly", go-containerregistry)',
    run: rewritingSuccess(content, (response) =>
      changed(response, { 'docker-content-digest': digestOf(new Uint8Array([1])) }),
    ),
  },
  {
    name: 'malformed-digest-header',
    summary: 'Docker-Content-Digest is no digest',
    seenOn: 'proxies that make headers of their own',
    run: rewritingSuccess(content, (response) => changed(response, { 'docker-content-digest': 'sha256:none' })),
  },
  {
    name: 'head-length-lies',
    summary: 'Content-Length of HEAD is not that of GET',
    seenOn: 'Harbor (oras-go 1177)',
    run: rewritingSuccess(heads, (response) =>
      changed(response, { 'content-length': String(Number(response.headers.get('content-length')) + 7) }),
    ),
  },
  {
    name: 'head-without-length',
    summary: 'HEAD does not say Content-Length',
    seenOn: 'registries behind proxies that compress',
    run: rewritingSuccess(heads, (response) => changed(response, { 'content-length': null })),
  },
  {
    name: 'gzip-content-encoding',
    summary: 'content comes compressed once more, with the length of what was compressed',
    seenOn: 'Harbor, nginx with gzip on',
    run: rewritingSuccess(asked('GET', 'manifest', 'blob'), async (response) => {
      const compressed = response.body?.pipeThrough(new CompressionStream('gzip')) ?? null;
      const body = await new Response(compressed).arrayBuffer();
      return changed(response, { 'content-encoding': 'gzip', 'content-length': String(body.byteLength) }, { body });
    }),
  },
  {
    name: 'no-etag',
    summary: 'no answer has an ETag, and If-Match is not looked at',
    seenOn: 'most registries',
    run: async ({ request }, next) => {
      const headers = new Headers(request.headers);
      headers.delete('if-match');
      headers.delete('if-none-match');
      const response = await next(new Request(request, { headers }));
      return changed(response, { etag: null });
    },
  },
  {
    name: 'warning-header',
    summary: 'every answer has a warning',
    seenOn: 'registries that are to be turned off',
    run: rewriting(
      () => true,
      (response) => changed(response, { warning: '299 - "this registry is old"' }),
    ),
  },
];
