import type { Environment } from '../adapters/credential/docker-config.ts';
import type { NpmSettings } from './npm-settings.ts';

/**
 * The proxy that npm asks for an address: `https-proxy` or `proxy` of its settings, else those of the environment.
 * Undefined where it asks directly, which `noproxy` says host by host.
 */
export function proxyFor(url: URL, settings: NpmSettings, env: Environment): string | undefined {
  const { https, http, none } = environmentProxies(env);
  if (isExempt(url.hostname, settings.list('noproxy'), none)) return undefined;
  const proxy = setProxy(settings) ?? (url.protocol === 'https:' ? https : (https ?? http));
  return proxy === undefined || URL.canParse(proxy) ? proxy : `http://${proxy}`;
}

function setProxy(settings: NpmSettings): string | undefined {
  return [settings.text('https-proxy'), settings.text('proxy')].find(
    (proxy) => proxy !== undefined && proxy !== 'false',
  );
}

function environmentProxies(env: Environment): { https?: string; http?: string; none?: string } {
  const find = (name: string): string | undefined => (env[name] ?? env[name.toUpperCase()]) || undefined;
  const https = find('https_proxy');
  const http = find('http_proxy');
  const none = find('no_proxy');
  return {
    ...(https === undefined ? {} : { https }),
    ...(http === undefined ? {} : { http }),
    ...(none === undefined ? {} : { none }),
  };
}

/** A host in the list stands for itself and for every name below it; `*` for all. */
function isExempt(host: string, list: readonly string[], fallback: string | undefined): boolean {
  const exempt = (list.length > 0 ? list : [fallback ?? '']).flatMap((item) => item.split(','));
  return exempt
    .map((item) =>
      item
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some((item) => item !== '' && (item === '*' || host === item || host.endsWith(`.${item}`)));
}
