import { RegistryError } from '../../../errors.ts';
import { isPrivateHost } from '../../../http/private-host.ts';
import { parseHttpUrl, redactUrl } from '../../../http/redact-url.ts';

/**
 * The absolute form of an address that an answer gave. `undefined` where it is none; a string says why it must not be
 * asked.
 *
 * An address with the host of the answer keeps its https: a registry behind a proxy that ends TLS often believes that
 * it is asked over http.
 */
export function absoluteUrl(address: string, from: URL): URL | string {
  const url = URL.canParse(address, from) ? parseHttpUrl(new URL(address, from).href) : undefined;
  if (url === undefined) return 'is no http or https URL';
  // User info would be sent as a credential, and it is not the caller's.
  url.username = url.password = url.hash = '';
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    if (!keepHttps(url, from)) return `leads from https to ${url.origin}`;
  }
  const strange = url.hostname !== from.hostname;
  if (strange && isPrivateHost(url.hostname) && !isPrivateHost(from.hostname)) {
    return `leads to the private address ${url.origin}`;
  }
  return url;
}

/** Makes an http address with the same host and port an https one, where `:443` is the port of https in any writing. */
function keepHttps(url: URL, from: URL): boolean {
  const [port, own] = [url.port === '443' ? '' : url.port, from.port];
  if (url.hostname !== from.hostname || port !== own) return false;
  url.protocol = 'https:';
  return true;
}

/**
 * The absolute form of an address that an answer gave, kept verbatim otherwise: relative or absolute, its query as it is,
 * https kept where a proxy made it http.
 *
 * @throws RegistryError `ERR_REGISTRY_PROTOCOL` for what must not be asked: no URL, http after https, a private address
 * on behalf of a public one.
 */
export function locateUrl(id: string, address: string, from: URL): URL {
  const url = absoluteUrl(address, from);
  if (typeof url !== 'string') return url;
  throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${id} gave an address that ${url}`, {
    hint: 'the registry, or a proxy before it, is not set up well: it must give addresses that can be trusted',
    details: { registry: id, url: redactUrl(from) },
  });
}
