import { isPrivateHost } from '../../../http/private-host.ts';
import { redactUrl } from '../../../http/redact-url.ts';
import { absoluteUrl } from './locate.ts';

/**
 * The token server that a registry names, absolute. A string says why it must not be asked.
 *
 * A registry may name a token server on another host, and that server is then given the credential for this registry,
 * as Docker Hub does with `auth.docker.io`: who gives a credential for a registry trusts it that far. The server must be
 * asked over https, though, and be at no private address; only a registry that is itself private, or asked over http on
 * the same host, may have such a one.
 *
 * @param from - The answer of the registry that names the realm; a relative one belongs to it.
 */
export function realmUrl(realm: string, from: URL): URL | string {
  const url = absoluteUrl(realm, from);
  if (typeof url === 'string' || url.protocol === 'https:') return url;
  if (url.hostname === from.hostname || isPrivateHost(url.hostname)) return url;
  return `is asked over http: ${redactUrl(url)}`;
}
