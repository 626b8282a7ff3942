import { routeOf, type Route } from '../../adapters/registry/server/route.ts';
import type { Registry } from '../../ports/registry.ts';
import type { TokenServer } from './token-server.ts';

/** A way in which registries leave the specification. */
export interface Quirk {
  /** What `quirkRegistry` calls it. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly summary: string;
  /** Who does it. */
  readonly seenOn: string;
  /** Who asks has to prove who he is: by a password, or by a token that is traded for it. */
  readonly auth?: 'password' | 'token' | undefined;
}

/** A quirk, and how it is done. */
export interface QuirkRule extends Quirk {
  readonly run: QuirkStep;
}

/** Answers a request by itself, or changes what the rest of the registry answers. */
export type QuirkStep = (call: QuirkCall, next: NextStep) => Response | Promise<Response>;

/** The rest of the registry; asked for the request as it came, or for another. */
export type NextStep = (request?: Request) => Promise<Response>;

/** One request. */
export interface QuirkCall {
  readonly request: Request;
  readonly url: URL;
  /** What the path names; undefined where it is no path of the API. */
  readonly route: Route | undefined;
  readonly world: QuirkWorld;
}

/** What all requests have in common. */
export interface QuirkWorld {
  readonly registry: Registry;
  readonly sizes: QuirkSizes;
  /** Where blobs are kept that this registry does not keep itself. */
  readonly storageOrigin: string;
  /** Where a registry leads that means ill. */
  readonly evilOrigin: string;
  readonly tokens: TokenServer;
  readonly clock: () => number;
  /** How often something happened. */
  readonly counts: Map<string, number>;
}

/** Where registries draw the line; small ones make small tests. */
export interface QuirkSizes {
  /** The largest body of `chunk-too-large`; 4 MiB by default, as GHCR has it. */
  readonly maxChunk: number;
  /** The smallest body of `chunk-too-small`, but the last; 5 MiB by default, as ECR has it. */
  readonly minChunk: number;
  /** The largest body of `body-too-large`; 100 MB by default, as Cloudflare has it. */
  readonly maxBody: number;
  /** The largest body of `manifest-too-large`; 4 MiB by default. */
  readonly maxManifest: number;
  /** The largest page of `tags-page-refused`; 1,000 by default, as ECR has it. */
  readonly maxPage: number;
  /** How long `slow` takes to answer, in milliseconds; 200 by default. */
  readonly slowness: number;
}

/** What a store of blobs elsewhere shows in place of a credential. */
export const signature = 'signed';

/** What a path names, where it names something. */
export function routeIn(pathname: string): Route | undefined {
  try {
    return routeOf(pathname);
  } catch {
    return undefined;
  }
}

/** Counts one more of something. */
export function countUp({ counts }: QuirkWorld, what: string): number {
  const count = (counts.get(what) ?? 0) + 1;
  counts.set(what, count);
  return count;
}

/** Thrown where the connection is closed and no answer given. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}
