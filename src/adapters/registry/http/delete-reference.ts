import { isDigest, type Digest } from '../../../digest/digest.ts';
import { FormatError, IntegrityError, isPackError, RegistryError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import { startReport } from '../../../ports/report.ts';
import type { Scope } from './connection.ts';
import {
  checkReference,
  fetchManifest,
  manifestPath,
  resolveManifest,
  type FetchedManifest,
  type RepositoryContext,
} from './manifests.ts';
import { unlistReferrer } from './referrers-list.ts';

/**
 * Removes a tag, or a manifest with every tag that points at it (distribution-spec 1.1.1, "Content Management"). False
 * where there was none. Where a tag is meant, never the manifest.
 *
 * A manifest with a subject is taken out of the list of referrers as well, after it is gone: a registry that refuses to
 * delete it keeps it listed.
 *
 * @throws RegistryError `ERR_REGISTRY_REJECTED` where the registry does not delete.
 */
export async function deleteReference(
  context: RepositoryContext,
  reference: string,
  options: OperationOptions,
): Promise<boolean> {
  const { signal, onEvent, parent } = options;
  const operation = { signal, onEvent, parent };
  signal?.throwIfAborted();
  checkReference(context, reference);
  if (!isDigest(reference)) return deleteTag(context, reference, operation);
  const manifest = await readForSubject(context, reference, operation);
  if (manifest === undefined) return false;
  // It was there: who says 404 now has deleted it, as where the answer to the first request was lost.
  if (!(await sendDelete(context, reference, operation))) await checkGone(context, reference, operation);
  const subject = manifest === 'unreadable' ? undefined : manifest.document.subject;
  if (subject !== undefined) await unlist(context, reference, subject, operation);
  return true;
}

async function checkGone(context: RepositoryContext, digest: Digest, operation: OperationOptions): Promise<void> {
  if ((await resolveManifest(context, digest, operation)) === undefined) return;
  throw new RegistryError('ERR_REGISTRY_REJECTED', `${context.id} does not delete manifests`, { status: 404 });
}

/** Who deletes is told that the manifest is gone, also where its entry stays: lists are read with that in mind. */
async function unlist(
  context: RepositoryContext,
  reference: Digest,
  subject: Digest,
  operation: OperationOptions,
): Promise<void> {
  try {
    await unlistReferrer(context, reference, subject, operation);
  } catch (error) {
    if (!isPackError(error)) throw error;
    const report = startReport({ verb: 'write', name: context.id }, operation);
    const message = `manifest ${reference} is deleted, and may still be in the list of its subject: ${error.message}`;
    report.note('warning', message);
    report.done();
  }
}

/** A manifest that cannot be read can still be deleted. */
function readForSubject(
  context: RepositoryContext,
  digest: Digest,
  operation: OperationOptions,
): Promise<FetchedManifest | undefined | 'unreadable'> {
  return fetchManifest(context, digest, operation).catch((error: unknown) => {
    if (error instanceof FormatError || error instanceof IntegrityError) return 'unreadable' as const;
    throw error;
  });
}

async function deleteTag(context: RepositoryContext, tag: string, operation: OperationOptions): Promise<boolean> {
  const gone = await sendDelete(context, tag, operation).catch((error: unknown) => {
    throw tagsAreKept(context, error);
  });
  // Some that delete by digest alone answer 404 to every tag.
  if (!gone && (await resolveManifest(context, tag, operation)) !== undefined) throw noTagDelete(context, 404);
  return gone;
}

async function sendDelete(
  context: RepositoryContext,
  reference: string,
  operation: OperationOptions,
): Promise<boolean> {
  const scopes: readonly Scope[] = [{ repository: context.name, actions: ['delete', 'pull', 'push'] }];
  const answer = await context.connection.ask(manifestPath(context, reference), {
    ...operation,
    method: 'DELETE',
    scopes,
    expect: [200, 202, 204, 404],
  });
  await answer.discard();
  return answer.response.status !== 404;
}

function tagsAreKept(context: RepositoryContext, error: unknown): unknown {
  const refused = error instanceof RegistryError && (error.status === 400 || error.status === 405);
  return refused ? noTagDelete(context, error.status, error) : error;
}

function noTagDelete({ id }: RepositoryContext, status: number | undefined, cause?: RegistryError): RegistryError {
  return new RegistryError('ERR_REGISTRY_REJECTED', `${id} does not delete tags`, {
    ...(cause === undefined ? {} : { cause, details: cause.details }),
    ...(status === undefined ? {} : { status }),
    hint: 'the registry may delete manifests: by digest, and with every tag that points there',
  });
}
