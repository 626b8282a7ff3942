import { RegistryError } from '../../../errors.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { Digest } from '../../../digest/digest.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RegistryConnection, Scope } from './connection.ts';
import { locateUrl } from './locate.ts';

/** Where blobs are written: one repository of a registry. */
export interface UploadTarget {
  readonly connection: RegistryConnection;
  readonly repository: string;
}

/** An upload that a registry waits for (distribution-spec 1.1, "Pushing blobs"). */
export interface UploadSession {
  /** Where the next request goes, exactly as the registry gave it. */
  location: URL;
  /** Bytes that the registry has. */
  offset: number;
  /** The fewest bytes that a part may have, the last one aside. */
  readonly minBytes: number;
}

/** What writing to a repository needs to be allowed. */
export function pushScope(repository: string): readonly Scope[] {
  return [{ repository, actions: ['pull', 'push'] }];
}

/** Asks for an upload. A session that nobody uses is the registry's to forget, so this may be asked again. */
export async function openSession(target: UploadTarget, options: OperationOptions): Promise<UploadSession> {
  const { connection, repository } = target;
  const answer = await connection.ask(`${repository}/blobs/uploads/`, {
    method: 'POST',
    scopes: pushScope(repository),
    expect: [201, 202],
    repeatable: true,
    signal: options.signal,
  });
  await answer.discard();
  return sessionOf(target, answer);
}

/** The upload that an answer speaks of. */
export function sessionOf({ connection }: UploadTarget, answer: Exchange): UploadSession {
  const { headers } = answer.response;
  const location = headers.get('location');
  if (location === null) {
    throw new RegistryError('ERR_REGISTRY_PROTOCOL', `${connection.id} began an upload without saying where`, {
      hint: 'in a browser, the registry has to expose the header Location',
      details: { registry: connection.id },
    });
  }
  const minBytes = headers.get('oci-chunk-min-length') ?? '';
  return {
    location: locateUrl(connection.id, location, answer.url),
    offset: 0,
    minBytes: /^\d{1,12}$/.test(minBytes) ? Number(minBytes) : 0,
  };
}

/** Takes over what an answer says: each may give a new address. */
export function moveSession({ connection }: UploadTarget, session: UploadSession, answer: Exchange): void {
  const location = answer.response.headers.get('location');
  if (location !== null) session.location = locateUrl(connection.id, location, answer.url);
}

/** How many bytes an answer says that the registry has; undefined where it does not say. */
export function receivedBytes({ response }: Exchange): number | undefined {
  const range = /^(?:bytes[ =])?0-(\d{1,15})$/.exec(response.headers.get('range') ?? '');
  // Nothing and one byte look the same; to send that byte again is what a registry would refuse, and we notice.
  return range === null ? undefined : range[1] === '0' ? 0 : Number(range[1]) + 1;
}

/** Asks what the registry has. False where it does not know the upload any more, or never tells. */
export async function refreshSession(
  target: UploadTarget,
  session: UploadSession,
  options: OperationOptions,
): Promise<boolean> {
  const answer = await refusedAs(undefined, () =>
    target.connection.ask(session.location, {
      scopes: pushScope(target.repository),
      expect: [200, 202, 204],
      signal: options.signal,
    }),
  );
  if (answer === undefined) return false;
  await answer.discard();
  const offset = receivedBytes(answer);
  if (offset === undefined) return false;
  moveSession(target, session, answer);
  session.offset = offset;
  return true;
}

/** What a request gives, or something else where the registry refuses it. */
export async function refusedAs<T, U>(fallback: U, ask: () => Promise<T>): Promise<T | U> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RegistryError && isRefusal(error)) return fallback;
    throw error;
  }
}

function isRefusal({ status = 0 }: RegistryError): boolean {
  return status >= 300 && status < 500 && status !== 408 && status !== 429;
}

/** Where an upload is completed: its address with the digest behind everything that is there. */
export function commitUrl({ location }: UploadSession, digest: Digest): URL {
  const url = new URL(location);
  url.hash = '';
  return new URL(`${url.href}${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`);
}

const cancelMs = 3000;

/** Tells the registry that an upload is over. What becomes of that is the registry's affair, and never waited for long. */
export async function cancelSession(target: UploadTarget, session: UploadSession): Promise<void> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), cancelMs);
  try {
    const answer = await target.connection.ask(session.location, {
      method: 'DELETE',
      scopes: pushScope(target.repository),
      expect: [200, 202, 204, 404],
      repeatable: false,
      signal: controller.signal,
    });
    await answer.discard();
  } catch {
    // A session that stays is forgotten by the registry in its own time.
  } finally {
    clearTimeout(timer);
  }
}
