import { isPackError } from '../../../errors.ts';
import type { Download } from '../../../http/download.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { HttpClock } from '../../../http/retry.ts';
import type { RegistryConnection, RegistryDownload, RegistryRequest } from './connection.ts';
import type { ConnectionOptions, MirrorOptions } from './create-connection.ts';
import type { Notes } from './notes.ts';

/** The mirrors of a registry, asked in their order. undefined where none of them has it. */
export interface Mirrors {
  ask(target: string, request: RegistryRequest, notes: Notes): Promise<Exchange | undefined>;
  download(target: string, request: RegistryDownload, notes: Notes): Promise<Download | undefined>;
}

/** A registry that is asked in place of another one. */
interface Mirror {
  readonly connection: RegistryConnection;
  readonly proxy: boolean;
  /** Until when it is not asked, because it did not answer. Milliseconds since 1970. */
  downUntil?: number | undefined;
}

const pauseMs = 30_000;

/** The mirrors of the registry that is reached with these options. */
export function createMirrors(
  { host, mirrors = [], ...upstream }: ConnectionOptions,
  clock: HttpClock,
  connect: (options: ConnectionOptions) => RegistryConnection,
): Mirrors {
  const opened = mirrors.map((mirror): Mirror => ({
    connection: connect(ownOptions(mirror, upstream)),
    proxy: mirror.proxy === true,
  }));
  const pathOn = ({ proxy }: Mirror, target: string): string =>
    proxy ? `${target}${target.includes('?') ? '&' : '?'}ns=${encodeURIComponent(host)}` : target;
  return {
    ask(target, request, notes) {
      const expect = [...request.expect.filter((status) => status !== 404), 404];
      const own = { ...request, mirrored: false, expect };
      return askInOrder(
        opened,
        (mirror) => mirror.connection.ask(pathOn(mirror, target), own).then(presentOnly),
        notes,
        clock,
      );
    },
    download(target, request, notes) {
      const own = { ...request, mirrored: false };
      return askInOrder(opened, (mirror) => mirror.connection.download(pathOn(mirror, target), own), notes, clock);
    },
  };
}

/** A mirror that is down must not keep anybody waiting; nothing that is the upstream's goes to it. */
function ownOptions(
  { host, credentials, unsafePlainHttp }: MirrorOptions,
  { fetch, timeouts, concurrency, clock, onWarning, retry }: Omit<ConnectionOptions, 'host'>,
): ConnectionOptions {
  const fewer = { ...retry, attempts: Math.min(2, retry?.attempts ?? 2) };
  return { host, credentials, unsafePlainHttp, fetch, timeouts, concurrency, clock, onWarning, retry: fewer };
}

async function presentOnly(answer: Exchange): Promise<Exchange | undefined> {
  if (answer.response.status !== 404) return answer;
  await answer.discard();
  return undefined;
}

async function askInOrder<T>(
  mirrors: readonly Mirror[],
  attempt: (mirror: Mirror) => Promise<T | undefined>,
  notes: Notes,
  clock: HttpClock,
): Promise<T | undefined> {
  for (const mirror of mirrors) {
    if ((mirror.downUntil ?? 0) > clock.now()) continue;
    try {
      const found = await attempt(mirror);
      if (found !== undefined) return found;
    } catch (error) {
      if (!isPackError(error)) throw error;
      if (error.retryable) mirror.downUntil = clock.now() + pauseMs;
      notes.fallback(`mirror ${mirror.connection.id} was of no use: ${error.message}`);
    }
  }
  return undefined;
}
