import { RegistryError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { BlobContent } from './blob-content.ts';
import type { RegistryProfile } from './profile.ts';
import { waitForRetry } from './upload-retry.ts';
import {
  moveSession,
  pushScope,
  receivedBytes,
  refreshSession,
  type UploadSession,
  type UploadTarget,
} from './upload-session.ts';

/** As large as every registry takes a part that has an upper bound at all. */
const usualBytes = 4 << 20;
/** What nginx takes where nobody has told it otherwise. */
const leastBytes = 1 << 20;

/**
 * How large the parts of an upload are.
 *
 * @throws RegistryError `ERR_REGISTRY_REJECTED` where no size fits.
 */
function partBytes({ connection }: UploadTarget, { minBytes }: UploadSession): number {
  const { chunked, maxBodyBytes = Infinity } = connection.profile;
  const { minBytes: least = 0, maxBytes = Infinity } = chunked === false ? {} : chunked;
  const [lower, upper] = [Math.max(minBytes, least), Math.min(maxBytes, maxBodyBytes)];
  if (lower <= upper) return Math.max(1, Math.min(Math.max(usualBytes, lower), upper));
  const message = `${connection.id} wants parts of at least ${lower} bytes, and takes none of more than ${upper}`;
  throw new RegistryError('ERR_REGISTRY_REJECTED', message, { details: { registry: connection.id } });
}

/** True where a registry is known to take no upload in parts. */
export function takesNoParts({ chunked }: RegistryProfile): boolean {
  return chunked === false;
}

/**
 * Sends what a registry does not have yet, in parts that are held in memory until the registry has them. `onPart` is
 * asked after each whether to go on.
 */
export async function sendParts(
  target: UploadTarget,
  session: UploadSession,
  content: BlobContent,
  options: OperationOptions & { readonly onPart: () => Promise<boolean> },
): Promise<void> {
  const feed = content.feed(session.offset);
  const limit = { bytes: partBytes(target, session) };
  try {
    while (session.offset < content.size) {
      const bytes = await feed.take(Math.min(limit.bytes, content.size - session.offset));
      await sendPart(target, session, { bytes, limit }, options);
      if (!(await options.onPart())) return;
    }
  } finally {
    await feed.close();
  }
}

/** Bytes to send, and how many of them at once: fewer from then on, where the registry refuses so many. */
interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly limit: { bytes: number };
}

/** One part, again and again until the registry has all of it. */
async function sendPart(
  target: UploadTarget,
  session: UploadSession,
  { bytes, limit }: Part,
  options: OperationOptions,
): Promise<void> {
  const start = session.offset;
  const end = start + bytes.length;
  for (let failures = 0; session.offset < end;) {
    const at = session.offset;
    const rest = bytes.subarray(at - start, at - start + limit.bytes);
    try {
      await patch(target, session, rest, options);
    } catch (error) {
      const status = error instanceof RegistryError ? error.status : undefined;
      const misplaced = status === 416;
      const smaller = status === 413 && shrink(target, session, rest.length, limit);
      if (!smaller && !(await waitForRetry(target.connection, error, failures++, options, misplaced))) throw error;
      const known = await refreshSession(target, session, options);
      // GHCR says 416 of a part that is too large, and has no more than before.
      if (misplaced && known && session.offset === at) shrink(target, session, rest.length, limit);
      // Who does not tell has what we counted; and where that part is refused as misplaced, it has the part as well.
      if (!known) session.offset = misplaced ? at + rest.length : at;
      if (session.offset < start || session.offset > end) throw error;
    }
  }
}

/** Makes parts as small as a part may be; false where they are that already. */
function shrink(
  { connection }: UploadTarget,
  { minBytes }: UploadSession,
  refused: number,
  limit: { bytes: number },
): boolean {
  const { chunked } = connection.profile;
  const smallest = Math.max(leastBytes, minBytes, chunked === false ? 0 : (chunked.minBytes ?? 0));
  if (refused <= smallest) return false;
  limit.bytes = smallest;
  return true;
}

async function patch(
  target: UploadTarget,
  session: UploadSession,
  bytes: Uint8Array<ArrayBuffer>,
  { signal }: OperationOptions,
): Promise<void> {
  const end = session.offset + bytes.length;
  const answer = await target.connection.ask(session.location, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
      'content-range': `${session.offset}-${end - 1}`,
    },
    body: () => bytes,
    scopes: pushScope(target.repository),
    expect: [200, 201, 202, 204],
    repeatable: false,
    patient: true,
    signal,
  });
  await answer.discard();
  moveSession(target, session, answer);
  const received = receivedBytes(answer) ?? end;
  // A count that did not move is not kept by the registry (ECR), or is that of the part alone: ours is right then, and
  // the digest decides in the end.
  session.offset = received > session.offset && received < end ? received : end;
}
