import { changed, rewriting } from './answers.ts';
import type { QuirkRule, QuirkStep } from './quirk.ts';

/** What stands in the body of an error. */
export const errorQuirks: readonly QuirkRule[] = [
  {
    name: 'errors-html',
    summary: 'errors are web pages',
    seenOn: 'proxies, load balancers, Cloudflare',
    run: saying('text/html', '<!doctype html><title>error</title><p>something went wrong'),
  },
  {
    name: 'errors-plain',
    summary: 'errors are plain text',
    seenOn: 'distribution for a path that it does not know, proxies',
    run: saying('text/plain', 'something went wrong\n'),
  },
  {
    name: 'errors-empty',
    summary: 'errors have no body',
    seenOn: 'proxies',
    run: saying(null, null),
  },
  {
    name: 'errors-null',
    summary: 'errors are {"errors":null}',
    seenOn: 'registries written in Go that list no error',
    run: saying('application/json', '{"errors":null}'),
  },
  {
    name: 'errors-other-json',
    summary: 'errors are JSON of another kind',
    seenOn: 'Artifactory, gateways of APIs',
    run: saying('application/json', '{"message":"something went wrong","errors":"none","code":17}'),
  },
  {
    name: 'errors-cut',
    summary: 'errors are JSON that ends in the middle',
    seenOn: 'proxies',
    run: saying('application/json', '{"errors":[{"code":"MANIF'),
  },
];

function saying(type: string | null, text: string | null): QuirkStep {
  return rewriting(
    ({ url }) => url.pathname.startsWith('/v2/'),
    (response, { request }) => {
      if (response.status < 400) return response;
      const body = request.method === 'HEAD' ? null : text;
      return changed(response, { 'content-type': type, 'content-length': null }, { body });
    },
  );
}
