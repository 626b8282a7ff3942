import { BlockList, isIP } from 'node:net';
import { UsageError } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import type { Environment } from '../adapters/credential/docker-config.ts';

/** The proxy for an address; undefined where it is asked directly. */
export type ProxyLookup = (url: URL) => string | undefined;

/**
 * The proxies that the environment names, by curl's rules: `https_proxy` or `http_proxy` by the scheme of the address,
 * else `all_proxy`; `no_proxy` lists hosts that are asked directly, with everything below them, and `*` means all. Each
 * name may also be in upper case; `HTTP_PROXY` is not looked at in a CGI program, where anybody can set it. Loopback is
 * always asked directly.
 *
 * The lookup throws UsageError `ERR_UNSUPPORTED` for a proxy that is not one over http. No error holds its address, which
 * may carry a password.
 */
export function environmentProxy(env: Environment): ProxyLookup {
  const exempt = exemption(valueOf(env, 'no_proxy') ?? '');
  return (url) => {
    if (isLoopback(url.hostname) || exempt(url)) return undefined;
    const own = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
    const name = [own, 'all_proxy'].find((candidate) => valueOf(env, candidate) !== undefined);
    return name === undefined ? undefined : proxyOf(valueOf(env, name) ?? '', name);
  };
}

function valueOf(env: Environment, name: string): string | undefined {
  const upper = name === 'http_proxy' && env['REQUEST_METHOD'] !== undefined ? undefined : env[name.toUpperCase()];
  return (env[name] ?? upper)?.trim() || undefined;
}

function proxyOf(text: string, name: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError('ERR_UNSUPPORTED', `proxy in ${name} is no http or https address`, {
    argument: name,
    hint: `set ${name} to an address such as http://proxy.example:3128, or name the host in no_proxy`,
  });
}

function exemption(list: string): (url: URL) => boolean {
  const entries = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const blocks = new BlockList();
  const names = entries.filter((entry) => !addAddresses(blocks, entry));
  return (url) => {
    const host = url.hostname.replace(/\.$/, '');
    const address = host.replace(/^\[|\]$/g, '');
    const version = isIP(address);
    if (version !== 0 && blocks.check(address, version === 6 ? 'ipv6' : 'ipv4')) return true;
    return names.some((name) => matchesName(host, portOf(url), name));
  };
}

/** Takes an address or a range of them, `10.0.0.0/8`; false for everything else. */
function addAddresses(blocks: BlockList, entry: string): boolean {
  const [text = '', bits] = entry.split('/');
  const address = text.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  if (version === 0) return false;
  const longest = version === 6 ? 128 : 32;
  const length = bits === undefined ? longest : Number(bits);
  if (!(length <= longest)) return false;
  blocks.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  return true;
}

function matchesName(host: string, port: string, entry: string): boolean {
  const own = /:(\d+)$/.exec(entry)?.[1];
  if (own !== undefined && own !== port) return false;
  const name = (own === undefined ? entry : entry.slice(0, -own.length - 1)).replace(/^\*?\./, '').replace(/\.$/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}
