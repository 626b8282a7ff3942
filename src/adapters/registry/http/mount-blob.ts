import type { Digest } from '../../../digest/digest.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Scope } from './connection.ts';
import { cancelSession, refusedAs, sessionOf, type UploadSession, type UploadTarget } from './upload-session.ts';

/** Mounts of blobs from other repositories, and what is left of those that failed. */
export interface BlobMounts {
  /** True where the registry has made the blob one of this repository. */
  mount(digest: Digest, from: string, options: OperationOptions): Promise<boolean>;
  /** The upload that a registry has begun instead of mounting a digest. It is the caller's then. */
  take(digest: Digest): UploadSession | undefined;
}

/** More uploads than this are not kept for a blob that may never come. */
const mostKept = 16;

/** Mounts into one repository (distribution-spec 1.1, "Mounting a blob from another repository"). */
export function createBlobMounts(target: UploadTarget): BlobMounts {
  const begun = new Map<Digest, UploadSession>();
  const take = (digest: Digest): UploadSession | undefined => {
    const session = begun.get(digest);
    begun.delete(digest);
    return session;
  };
  const keep = async (digest: Digest, session: UploadSession): Promise<void> => {
    const [oldest] = begun.keys();
    const former = take(digest) ?? (begun.size >= mostKept && oldest !== undefined ? take(oldest) : undefined);
    begun.set(digest, session);
    if (former !== undefined) await cancelSession(target, former);
  };
  return {
    async mount(digest, from, options) {
      const session = await ask(target, digest, from, options);
      if (typeof session === 'boolean') return session;
      await keep(digest, session);
      return false;
    },
    take,
  };
}

async function ask(
  target: UploadTarget,
  digest: Digest,
  from: string,
  { signal }: OperationOptions,
): Promise<boolean | UploadSession> {
  const { connection, repository } = target;
  const scopes: readonly Scope[] = [
    { repository, actions: ['pull', 'push'] },
    { repository: from, actions: ['pull'] },
  ];
  const query = `mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
  // Who may not read there, or has no such repository, is no worse off than without asking.
  const answer = await refusedAs(undefined, () =>
    connection.ask(`${repository}/blobs/uploads/?${query}`, {
      method: 'POST',
      scopes,
      expect: [201, 202],
      repeatable: true,
      signal,
    }),
  );
  if (answer === undefined) return false;
  await answer.discard();
  if (answer.response.status === 201) return true;
  return answer.response.headers.has('location') && sessionOf(target, answer);
}
