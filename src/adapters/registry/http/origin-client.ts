import type { Exchange } from '../../../http/exchange.ts';
import type { AskOptions, HttpClient } from '../../../http/http-client.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { CredentialProvider } from '../../../ports/credential.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Authoriser, Grant, Need } from './authoriser.ts';
import { basesOf, findEndpoint, type Endpoint } from './endpoint.ts';
import type { Notes } from './notes.ts';
import { createSingleFlight } from './single-flight.ts';
import type { Warnings } from './warnings.ts';

/** What the client of one registry works with. */
export interface OriginOptions {
  readonly host: string;
  readonly unsafePlainHttp: boolean;
  readonly credentials: CredentialProvider | undefined;
  readonly onWarning: ((message: string) => void) | undefined;
  /** Asks what is asked on the way to a request: for the endpoint and for tokens. */
  readonly client: HttpClient;
}

/** A request that is on its way, and what is known of it. */
export interface Sending {
  readonly request: OperationOptions;
  readonly need: Need;
  readonly notes: Notes;
  /** What it was authorised with last. */
  grant?: Grant | undefined;
}

/** Sends requests to the origin of one registry with what authorises them, and to every other one without. */
export class OriginClient {
  readonly #options: OriginOptions;
  /** Loaded when the registry demands something. */
  #authoriser: Authoriser | undefined;
  #warnings: Promise<Warnings> | undefined;
  readonly #finding = createSingleFlight<Endpoint>();
  readonly #greeting = createSingleFlight<undefined>();
  #endpoint: Endpoint | undefined;
  #greeted = false;

  constructor(options: OriginOptions) {
    this.#options = options;
  }

  /** Where the registry is asked, or where it may be as long as that is not known. */
  get bases(): readonly (URL | undefined)[] {
    const { host, unsafePlainHttp } = this.#options;
    return this.#endpoint === undefined ? basesOf(host, unsafePlainHttp) : [this.#endpoint.base];
  }

  /** Everything that must not be repeated from an answer. */
  secretsOf({ grant }: Sending): readonly string[] {
    const secrets = this.#authoriser?.secrets ?? [];
    return grant?.token === undefined ? secrets : [...secrets, grant.token.value];
  }

  /** The URL of a path below `/v2/`. */
  async urlOf(path: string, signal: AbortSignal | undefined): Promise<URL> {
    return new URL(`v2/${path}`, (await this.#find(signal)).base);
  }

  /** @throws HttpFailure; RegistryError where it cannot be authorised. */
  async send(client: HttpClient, url: URL, ask: AskOptions, sending: Sending): Promise<Exchange> {
    const { base } = await this.#find(ask.signal);
    try {
      const isOwn = url.origin === base.origin;
      const answer = await (isOwn ? this.#sendAuthorised(client, url, ask, sending) : client.ask(url, ask));
      await this.#hear(answer.response.headers, sending);
      return answer;
    } catch (error) {
      if (error instanceof HttpFailure) await this.#hear(error.headers, sending);
      throw error;
    }
  }

  async #hear(headers: Headers | undefined, sending: Sending): Promise<void> {
    if (headers?.has('warning') !== true) return;
    const { request, notes } = sending;
    const { host, onWarning } = this.#options;
    this.#warnings ??= import('./warnings.ts').then(({ createWarnings }) => createWarnings(host, onWarning));
    (await this.#warnings).tell(headers, request, notes, this.secretsOf(sending));
  }

  /** Sends a request with what authorises it; where that is refused, once more with something newer. */
  async #sendAuthorised(client: HttpClient, url: URL, ask: AskOptions, sending: Sending): Promise<Exchange> {
    const { expect = [200], signal } = ask;
    if (ask.body !== undefined && this.#authoriser?.knows !== true) await this.#greet(new URL('/v2/', url), signal);
    try {
      const unrefused = expect.filter((status) => status !== 401 && status !== 403);
      return await client.ask(url, { ...this.#authorised(ask, sending), expect: unrefused });
    } catch (error) {
      if (!isRefused(error) || error.url?.origin !== url.origin) throw error;
      // Some say only at their root what they demand.
      if (error.status === 401 && !this.#knows(error)) await this.#greet(new URL('/v2/', url), signal);
      const next = await (await this.#loadAuthoriser()).renew(error, url, sending.grant, sending.need);
      if (next === undefined && !expect.includes(error.status ?? 0)) throw error;
      return await client.ask(url, this.#authorised(ask, sending, next));
    }
  }

  #knows({ headers }: HttpFailure): boolean {
    return this.#authoriser?.knows === true || headers?.has('www-authenticate') === true;
  }

  /** A request that is authorised anew each time that it is sent; the first time with what is at hand. */
  #authorised(ask: AskOptions, sending: Sending, first?: Grant): AskOptions {
    let next = first;
    return {
      ...ask,
      authorize: async () => {
        sending.grant = next ?? (await this.#authoriser?.grant(sending.need));
        next = undefined;
        return sending.grant && { authorization: sending.grant.header };
      },
    };
  }

  /** Learns how the registry wants to be asked before a body is sent in vain. */
  async #greet(url: URL, signal: AbortSignal | undefined): Promise<void> {
    if (this.#greeted) return;
    const greet = async (own: AbortSignal): Promise<undefined> => {
      try {
        await (await this.#options.client.ask(url, { signal: own })).discard();
      } catch (error) {
        if (!(error instanceof HttpFailure) || error.kind !== 'status') throw error;
        if (error.url?.origin === url.origin) await this.#learn(error.headers, url);
      }
      this.#greeted = true;
    };
    await this.#greeting.run('', greet, signal);
  }

  /** Takes note of what the registry demands. */
  async #learn(headers: Headers | undefined, from: URL): Promise<void> {
    if (headers?.has('www-authenticate') === true) (await this.#loadAuthoriser()).learn(headers, from);
  }

  async #loadAuthoriser(): Promise<Authoriser> {
    const { Authoriser } = await import('./authoriser.ts');
    return (this.#authoriser ??= new Authoriser(this.#options));
  }

  async #find(signal: AbortSignal | undefined): Promise<Endpoint> {
    if (this.#endpoint !== undefined) return this.#endpoint;
    const find = async (own: AbortSignal): Promise<Endpoint> => {
      const found = await findEndpoint(this.#options, own);
      await this.#learn(found.greeting, new URL('v2/', found.base));
      this.#greeted = found.greeting !== undefined;
      this.#endpoint = found;
      return found;
    };
    return await this.#finding.run('', find, signal);
  }
}

function isRefused(error: unknown): error is HttpFailure {
  return error instanceof HttpFailure && (error.status === 401 || error.status === 403);
}
