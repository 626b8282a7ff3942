import { onTestFinished } from 'vitest';
import { listen } from '../../src/adapters/node/http-listener.ts';
import { memoryRegistry } from '../../src/adapters/registry/memory.ts';
import { registryServer, type RegistryServerOptions } from '../../src/adapters/registry/server.ts';

/** A registry that is served on loopback until the test ends. */
export interface Served {
  /** What references to it start with. */
  readonly host: string;
  /** Every request that it got. */
  readonly requests: Request[];
}

/** What a registry is served with. */
export interface ServeOptions extends Partial<RegistryServerOptions> {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Answers in place of the registry. */
  readonly before?: (request: Request) => Response | Promise<Response> | undefined;
}

export async function serveRegistry(options: ServeOptions = {}): Promise<Served> {
  const { tls, before, ...rest } = options;
  const handler = registryServer({ registry: memoryRegistry(), ...rest });
  const requests: Request[] = [];
  const { url, close } = await listen(
    async (request) => {
      requests.push(request);
      return before?.(request) ?? (await handler(request));
    },
    { grace: 0, ...(tls === undefined ? {} : { tls }) },
  );
  onTestFinished(close);
  return { host: url.host, requests };
}

/** Lets in whoever has this name and password, and says so as registries do. */
export function onlyUser(username: string, password: string): NonNullable<RegistryServerOptions['auth']> {
  const expected = `Basic ${btoa(`${username}:${password}`)}`;
  return ({ authorization }) =>
    authorization === expected
      ? { outcome: 'allowed' }
      : { outcome: 'unauthorized', challenge: 'Basic realm="registry.example"' };
}
