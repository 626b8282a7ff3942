import type { Exchange } from '../../../http/exchange.ts';
import type { DownloadOptions, Download } from '../../../http/download.ts';
import type { HttpClient } from '../../../http/http-client.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RegistryProfile } from './profile.ts';

/** What a request needs to be allowed, in the words of token servers: `repository:team/app:pull,push`. */
export interface Scope {
  readonly repository: string;
  readonly actions: readonly ('pull' | 'push' | 'delete')[];
}

/** A request to a registry. */
export interface RegistryRequest extends OperationOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Makes the body, once for every time that it is sent: after a 401, a retry or a redirect it is made again. */
  readonly body?: (() => BodyInit) | undefined;
  /** What has to be allowed; the scope that is needed most comes first, because some servers read no other. */
  readonly scopes: readonly Scope[];
  /** Statuses that are an answer; every other one is an error. */
  readonly expect: readonly number[];
  /**
   * True where asking again does no more than asking once, although the method does not say so; false where it may do
   * more, although the method says otherwise.
   */
  readonly repeatable?: boolean | undefined;
  /** The head of the answer may take long, as where a registry hashes what it was sent. */
  readonly patient?: boolean | undefined;
  /** Also asks the mirrors, in their order and before the registry itself. For reading what a digest or tag names. */
  readonly mirrored?: boolean | undefined;
}

/** How to read a blob through a connection. */
export interface RegistryDownload extends Omit<RegistryRequest, 'method' | 'body' | 'expect'> {
  /** Length of the whole blob: one that ends before it was cut. */
  readonly size?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** First byte to read; 0 by default. */
  readonly start?: number | undefined;
  /** The byte after the last one to read; the end by default. */
  readonly end?: number | undefined;
  readonly check?: DownloadOptions['check'];
}

/**
 * Requests to one registry: finds out how it is reached, authorises them, counts them, retries them, and turns what
 * goes wrong into errors of the port.
 */
export interface RegistryConnection {
  /** Names the registry in errors and events: the host as references name it. */
  readonly id: string;
  readonly profile: RegistryProfile;
  readonly client: HttpClient;
  /**
   * Asks for a path below `/v2/` (`team/app/manifests/1.0`), or for a URL that the registry gave (a `Location`, a
   * `Link`). Credentials go to the registry's own origin and nowhere else.
   *
   * @throws RegistryError for every status that is not expected (`status` and `details.codes` say which), and where
   * there is no answer.
   */
  ask(target: string | URL, request: RegistryRequest): Promise<Exchange>;
  /** Reads a body, and goes on after a cut. undefined for a 404. */
  download(target: string, request: RegistryDownload): Promise<Download | undefined>;
}
