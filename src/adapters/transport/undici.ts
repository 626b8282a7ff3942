/**
 * A `fetch` for Node with a proxy, certificates of one's own and a bound on connections.
 *
 * @module
 */
import * as tls from 'node:tls';
import { Agent, Dispatcher, ProxyAgent, fetch as undiciFetch, type RequestInit as UndiciInit } from 'undici';
import { UsageError } from '../../errors.ts';
import { checkOptions } from '../../bytes/check-options.ts';

/** How {@link undiciTransport} connects; everything has a default. */
export interface UndiciTransportOptions {
  /** The URL of an http or https proxy for everything, or a function that gives the proxy for a URL. */
  readonly proxy?: string | ((url: URL) => string | undefined) | undefined;
  /** Hosts that are reached without the proxy: `host`, `host:port`, `.domain` for all below it, `*` for all. */
  readonly noProxy?: readonly string[] | undefined;
  /** Certificates in PEM that are trusted besides those of the platform. */
  readonly ca?: readonly string[] | undefined;
  /** The certificate that is shown to servers which want to know who asks, in PEM. */
  readonly cert?: string | undefined;
  /** The key of that certificate, in PEM. */
  readonly key?: string | undefined;
  /** Takes any certificate, and so anybody for the server, as `strict-ssl=false` of npm does. False by default. */
  readonly unsafeAnyCertificate?: boolean | undefined;
  /** Connections to one origin; as many as are asked for by default. */
  readonly connections?: number | undefined;
}

const optionKeys = ['proxy', 'noProxy', 'ca', 'cert', 'key', 'unsafeAnyCertificate', 'connections'];

/** A `fetch`, and the end of its connections. */
export interface UndiciTransport {
  /** To be given to whatever takes a `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Closes the connections when what is under way on them is over. */
  close(): Promise<void>;
}

/**
 * A `fetch` over undici, which leaves the platform's own as it is.
 *
 * Nothing is read from the environment: pass what `HTTPS_PROXY` and its like say. Its answers are undici's, so test
 * them by what they hold and not with `instanceof`.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option, a proxy that is no http or https URL, and certificates
 * or a key that cannot be used.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): UndiciTransport {
  checkOptions('undiciTransport', options, optionKeys);
  if (typeof options.proxy === 'string') proxyAddress(options.proxy);
  checkCertificates(options);
  const dispatcher = new Route(options);
  return {
    fetch: (input, init) => undiciFetch(...argumentsFor(input, init, dispatcher)) as unknown as Promise<Response>,
    close: () => dispatcher.close(),
  };
}

type FetchArguments = Parameters<typeof undiciFetch>;

/** undici knows only requests that it made itself; those of the platform are taken apart. */
function argumentsFor(input: RequestInfo | URL, init: RequestInit | undefined, dispatcher: Dispatcher): FetchArguments {
  const own = { ...init, dispatcher } as UndiciInit;
  if (typeof input === 'string' || input instanceof URL) return [input, own];
  const { method, headers, body, signal, redirect } = input;
  const streamed = body === null ? {} : { body, duplex: 'half' };
  return [input.url, { method, headers, signal, redirect, ...streamed, ...own } as UndiciInit];
}

/** Sends each request to its origin or to the proxy for it, also when it follows from a redirect. */
class Route extends Dispatcher {
  readonly #options: UndiciTransportOptions;
  readonly #agentOptions: Agent.Options;
  readonly #direct: Agent;
  readonly #proxies = new Map<string, ProxyAgent>();

  constructor(options: UndiciTransportOptions) {
    super();
    this.#options = options;
    this.#agentOptions = { connections: options.connections ?? null, connect: tlsOptions(options) };
    this.#direct = new Agent(this.#agentOptions);
  }

  override dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const proxy = this.#proxyFor(new URL(String(request.origin)));
    return (proxy === undefined ? this.#direct : this.#agentOf(proxy)).dispatch(request, handler);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map((agent) => agent.close()));
  }

  #proxyFor(url: URL): string | undefined {
    const { proxy, noProxy = [] } = this.#options;
    if (proxy === undefined || noProxy.some((entry) => matchesHost(url, entry))) return undefined;
    return typeof proxy === 'string' ? proxy : proxy(url);
  }

  #agentOf(proxy: string): ProxyAgent {
    const known = this.#proxies.get(proxy);
    if (known !== undefined) return known;
    const connect = tlsOptions(this.#options);
    // The certificate is for servers. Plain http goes to the proxy as it is: many allow a tunnel only to the port of https.
    const agent = new ProxyAgent({
      ...this.#agentOptions,
      uri: proxyAddress(proxy),
      proxyTunnel: false,
      requestTls: connect,
      proxyTls: tlsOptions({ ...this.#options, cert: undefined, key: undefined }),
    });
    this.#proxies.set(proxy, agent);
    return agent;
  }
}

interface TlsOptions {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

function tlsOptions({ ca, cert, key, unsafeAnyCertificate = false }: UndiciTransportOptions): TlsOptions {
  return {
    rejectUnauthorized: !unsafeAnyCertificate,
    // Node takes `ca` instead of its own list, not besides it.
    ...(ca === undefined ? {} : { ca: [...platformCa(), ...ca] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** Certificates that cannot be used are found here, not when somebody connects. */
function checkCertificates(options: UndiciTransportOptions): void {
  const { ca, cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) throw badCertificate('cert and key belong together');
  if (ca?.some((pem) => !pem.includes('-----BEGIN')) === true) throw badCertificate('ca is no PEM');
  if (ca === undefined && cert === undefined) return;
  try {
    tls.createSecureContext(tlsOptions(options));
  } catch {
    // No cause: it may tell a piece of the key.
    throw badCertificate('certificates or key cannot be used');
  }
}

function badCertificate(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, {
    argument: 'cert',
    hint: 'all are PEM, the key has no passphrase, and it is that of the certificate',
  });
}

/** The certificates that the platform trusts; only newer ones also tell those that the user added. */
function platformCa(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}

/** True where a URL's host is the one that an entry of a no-proxy list names, or lies below it. */
function matchesHost(url: URL, entry: string): boolean {
  if (entry === '*') return true;
  const text = entry.trim().toLowerCase();
  const port = /:(\d+)$/.exec(text)?.[1];
  if (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))) return false;
  const host = port === undefined ? text : text.slice(0, -port.length - 1);
  const name = host.replace(/^\*?\./, '');
  return name !== '' && (url.hostname === name || url.hostname.endsWith(`.${name}`));
}

/**
 * The address of a proxy, without a path, which undici refuses. No error repeats it: proxies are often given with a
 * password.
 */
function proxyAddress(proxy: string): string {
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'proxy is not an http or https URL', { argument: 'proxy' });
  }
  const url = new URL(proxy);
  url.pathname = url.search = url.hash = '';
  return url.href;
}
