import type { UndiciTransport, UndiciTransportOptions } from '../adapters/transport/undici.ts';
import { directFetch } from '../adapters/node/direct-fetch.ts';
import type { ProxyLookup } from './environment-proxy.ts';

/** What a connection of the command needs besides the platform's own. */
export interface CommandTransportOptions extends Omit<UndiciTransportOptions, 'proxy' | 'noProxy'> {
  readonly proxyFor: ProxyLookup;
}

/** A `fetch`, and the end of its connections. */
export interface CommandTransport {
  readonly fetch: typeof globalThis.fetch;
  /**
   * Looks at everything that can be wrong before a host is asked.
   *
   * @throws UsageError.
   */
  check(host: string): Promise<void>;
  close(): Promise<void>;
}

/** The platform's fetch, or where a proxy or certificates of one's own are asked for, one that knows them. */
export function commandTransport(options: CommandTransportOptions): CommandTransport {
  const { proxyFor, ...rest } = options;
  const special = Object.values(rest).some((value) => value !== undefined && value !== false);
  const direct = directFetch();
  let transport: Promise<UndiciTransport> | undefined;
  const open = (): Promise<UndiciTransport> => (transport ??= openTransport({ ...rest, proxy: proxyFor }));
  return {
    async check(host) {
      proxyFor(new URL(`https://${host}/`));
      if (special) await open();
    },
    fetch: async (input, init) => {
      if (!special && proxyFor(urlOf(input)) === undefined) return direct(input, init);
      return (await open()).fetch(input, init);
    },
    close: async () => (await transport)?.close(),
  };
}

function urlOf(input: string | URL | Request): URL {
  return new URL(typeof input === 'string' ? input : 'href' in input ? input.href : input.url);
}

/** Few need it, and it is large: the command starts without it. */
async function openTransport(options: UndiciTransportOptions): Promise<UndiciTransport> {
  const { undiciTransport } = await import('../adapters/transport/undici.ts');
  return undiciTransport(options);
}
