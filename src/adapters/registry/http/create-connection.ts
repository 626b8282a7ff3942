import { isHtml } from '../../../http/answer-head.ts';
import { download, type Download } from '../../../http/download.ts';
import type { Exchange } from '../../../http/exchange.ts';
import {
  createHttpClient,
  type AskOptions,
  type HttpClient,
  type HttpClientOptions,
} from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { CredentialProvider } from '../../../ports/credential.ts';
import type { RegistryConnection, RegistryDownload, RegistryRequest } from './connection.ts';
import type { Mirrors } from './mirrors.ts';
import { createNotes, type Notes } from './notes.ts';
import { OriginClient, type Sending } from './origin-client.ts';
import type { RegistryProfile } from './profile.ts';
import { profileOf } from './registry-profiles.ts';
import type { FailureContext } from './registry-failure.ts';

/** A mirror of a registry: asked before it for what a digest or tag names, and with a credential of its own. */
export interface MirrorOptions {
  readonly host: string;
  readonly credentials?: CredentialProvider | undefined;
  readonly unsafePlainHttp?: boolean | undefined;
  /** True for one that stands in for many registries: it is told which one is meant, as `ns` in the query. */
  readonly proxy?: boolean | undefined;
}

/** How a registry is reached. */
export interface ConnectionOptions extends HttpClientOptions {
  /** The registry as references name it, in lower case. */
  readonly host: string;
  readonly credentials?: CredentialProvider | undefined;
  readonly unsafePlainHttp?: boolean | undefined;
  readonly profile?: Partial<RegistryProfile> | undefined;
  readonly mirrors?: readonly MirrorOptions[] | undefined;
  /** Is told what a registry warns of, where the operation has no listener. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A connection to one registry, and to its mirrors. Nothing is asked before the first request. */
export function createConnection(options: ConnectionOptions): RegistryConnection {
  return new Connection(options);
}

class Connection implements RegistryConnection {
  readonly id: string;
  readonly profile: RegistryProfile;
  readonly client: HttpClient;
  /** Has connections of its own: who copies within a registry holds a download while it asks for something else. */
  readonly #downloads: HttpClient;
  readonly #options: ConnectionOptions;
  readonly #origin: OriginClient;
  #mirrors: Mirrors | undefined;

  constructor(options: ConnectionOptions) {
    const { host, unsafePlainHttp = false, credentials, onWarning } = options;
    this.id = host;
    this.#options = options;
    this.profile = profileOf(host, options.profile);
    const { concurrency: perOrigin } = this.profile;
    const concurrency = { ...(perOrigin === undefined ? {} : { perOrigin }), ...options.concurrency };
    this.client = createHttpClient({ ...options, concurrency });
    this.#downloads = createHttpClient({ ...options, concurrency });
    this.#origin = new OriginClient({ host, unsafePlainHttp, credentials, onWarning, client: this.client });
  }

  async ask(target: string | URL, request: RegistryRequest): Promise<Exchange> {
    const { mirrored = false, signal } = request;
    signal?.throwIfAborted();
    const notes = this.#notes(request);
    try {
      const mirrors = mirrored && typeof target === 'string' && (await this.#openMirrors());
      const found = mirrors ? await mirrors.ask(target, request, notes) : undefined;
      return found ?? (await this.#askRegistry(target, request, notes));
    } finally {
      notes.end();
    }
  }

  async download(target: string, request: RegistryDownload): Promise<Download | undefined> {
    const { mirrored = false, signal } = request;
    signal?.throwIfAborted();
    const notes = this.#notes(request);
    try {
      const mirrors = mirrored && (await this.#openMirrors());
      const found = mirrors ? await mirrors.download(target, request, notes) : undefined;
      return found ?? (await this.#download(target, request, notes));
    } finally {
      notes.end();
    }
  }

  #notes(request: RegistryRequest | RegistryDownload): Notes {
    const method = 'method' in request ? request.method : 'GET';
    const verb = method === undefined || method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    return createNotes(verb, this.id, request);
  }

  /** Most registries have no mirror, and load nothing for one. */
  async #openMirrors(): Promise<Mirrors | undefined> {
    if (this.#options.mirrors === undefined || this.#options.mirrors.length === 0) return undefined;
    const { createMirrors } = await import('./mirrors.ts');
    return (this.#mirrors ??= createMirrors(this.#options, this.client.clock, createConnection));
  }

  async #askRegistry(target: string | URL, request: RegistryRequest, notes: Notes): Promise<Exchange> {
    const { method = 'GET', scopes, signal, expect } = request;
    const sending: Sending = { request, need: { scopes, signal }, notes };
    const context = (): FailureContext => this.#contextOf(`${method} ${nameOf(target)}`, sending);
    try {
      const url = await this.#urlOf(target, signal);
      const answer = await this.#origin.send(this.client, url, optionsOf(request, notes), sending);
      if (expect.includes(answer.response.status) && isPage(answer, url)) {
        await answer.discard();
        const { webPageError } = await import('./registry-failure.ts');
        throw webPageError(context(), answer.response.status);
      }
      return answer;
    } catch (error) {
      throw await this.#failure(error, context());
    }
  }

  async #download(target: string, request: RegistryDownload, notes: Notes): Promise<Download | undefined> {
    const { scopes, signal } = request;
    const sending: Sending = { request, need: { scopes, signal }, notes };
    const context = (): FailureContext => this.#contextOf(`GET ${nameOf(target)}`, sending);
    const client: HttpClient = {
      ...this.#downloads,
      ask: (url, ask = {}) => this.#origin.send(this.#downloads, url, ask, sending),
    };
    try {
      return await download(client, await this.#urlOf(target, signal), {
        ...request,
        // What a path with a digest names never changes.
        fixed: true,
        onRetry: notes.retry,
        explain: (error) => this.#failure(error, context()),
        onEnd: notes.end,
      });
    } catch (error) {
      if (error instanceof HttpFailure && error.status === 404) return undefined;
      throw await this.#failure(error, context());
    }
  }

  async #urlOf(target: string | URL, signal: AbortSignal | undefined): Promise<URL> {
    return typeof target === 'string' ? await this.#origin.urlOf(target, signal) : target;
  }

  #contextOf(what: string, sending: Sending): FailureContext {
    const secrets = this.#origin.secretsOf(sending);
    return { id: this.id, what, secrets, authorised: sending.grant !== undefined };
  }

  /** What a failure of HTTP means; an abort as it is. */
  async #failure(error: unknown, context: FailureContext): Promise<unknown> {
    if (!(error instanceof HttpFailure)) return error;
    const probe = { bases: this.#origin.bases, fetch: this.#options.fetch };
    const { explainFailure } = await import('./registry-failure.ts');
    return await explainFailure(error, context, probe);
  }
}

function optionsOf(request: RegistryRequest, { retry }: Notes): AskOptions {
  const { method, headers, body, expect, repeatable, patient, signal } = request;
  return { method, headers, body, expect, repeatable, patient, signal, onRetry: retry };
}

/** A login page, or another answer that no registry gives. A blob may be a page. */
function isPage({ response }: Exchange, url: URL): boolean {
  return response.ok && isHtml(response.headers) && !/\/blobs\/[^/]+$/.test(url.pathname);
}

/** A target for an error: without its query, where secrets travel. */
function nameOf(target: string | URL): string {
  return (typeof target === 'string' ? target : target.pathname.replace(/^\/v2\//, '')).split('?', 1)[0] ?? '';
}
