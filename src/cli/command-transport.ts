import { nodeTransport } from '../adapters/transport/node.ts';
import type { UndiciTransport, UndiciTransportOptions } from '../adapters/transport/undici.ts';
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

/** node:http, or where a proxy or certificates of one's own are asked for, what knows them. */
export function commandTransport(options: CommandTransportOptions): CommandTransport {
  const { proxyFor, ...rest } = options;
  const special = Object.values(rest).some((value) => value !== undefined && value !== false);
  const direct = nodeTransport();
  let transport: Promise<UndiciTransport> | undefined;
  const open = (): Promise<UndiciTransport> => (transport ??= openTransport({ ...rest, proxy: proxyFor }));
  return {
    async check(host) {
      proxyFor(new URL(`https://${host}/`));
      if (special) await open();
    },
    fetch: async (input, init) => {
      if (!special && proxyFor(urlOf(input)) === undefined) return direct.fetch(input, init);
      return (await open()).fetch(input, init);
    },
    async close() {
      // A command that has failed does not wait for what else it had begun.
      void direct.close();
      await (await transport)?.close();
    },
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
