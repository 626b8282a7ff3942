import type { Digest } from '../../../digest/digest.ts';
import { FormatError, RegistryError } from '../../../errors.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import { mediaTypes } from '../../../oci/media-types.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Answer } from './ask-bytes.ts';
import { readEntries } from './list-entries.ts';
import { mediaTypeOf, pullScope, type RepositoryContext } from './manifests.ts';
import { pagesOf, type PagedList } from './pages.ts';

/** Answers of registries that have no referrers API, GHCR's redirect to a web page among them. */
const unsupported = [300, 301, 302, 303, 304, 307, 308, 400, 404, 405, 406, 410, 501];

/**
 * What the referrers API says (distribution-spec 1.1.1, "Listing Referrers"); undefined where the registry has none. Not
 * filtered: whether the registry has applied the filter is not relied on.
 *
 * @param patient - Waits for a registry that is busy, and does not look at where its answer comes from.
 * @throws RegistryError where it cannot be told, and FormatError for a list that is none.
 */
export async function askReferrers(
  context: RepositoryContext,
  subject: Digest,
  artifactType: string | undefined,
  operation: OperationOptions,
  patient = false,
): Promise<readonly Descriptor[] | undefined> {
  const list = listOf(context, subject, artifactType, operation, patient);
  const found = new Map<Digest, Descriptor>();
  let pages = 0;
  try {
    for await (const answer of pagesOf(list)) {
      if (!isList(answer)) {
        if (pages > 0) throw notGoingOn(list);
        return isBusy(answer, list) ? await askReferrers(context, subject, artifactType, operation, true) : undefined;
      }
      pages++;
      for (const { descriptor } of readEntries(answer.bytes, mediaTypes.imageIndex)) {
        found.set(descriptor.digest, descriptor);
      }
      if (found.size > context.limits.names) throw tooMany(context);
    }
  } catch (error) {
    if (pages === 0 && isWebPage(error)) return undefined;
    throw error;
  }
  return [...found.values()];
}

/** True for the registry's own 429: where it leads elsewhere, as GHCR does to a web page, what that says is not its word. */
function isBusy({ response, url }: Answer, list: PagedList): boolean {
  return response.status === 429 && url.pathname.endsWith(pathOf(list));
}

function pathOf({ target }: PagedList): string {
  return target.split('?', 1)[0] ?? '';
}

function isWebPage(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'ERR_REGISTRY_PROTOCOL' && error.status === 200;
}

function listOf(
  { connection, name, id, limits }: RepositoryContext,
  subject: Digest,
  artifactType: string | undefined,
  { signal, onEvent, parent }: OperationOptions,
  patient: boolean,
): PagedList {
  const path = `${name}/referrers/${subject}`;
  return {
    connection,
    limits,
    what: `referrers of ${id}@${subject}`,
    target: artifactType === undefined ? path : `${path}?artifactType=${encodeURIComponent(artifactType)}`,
    request: {
      headers: { accept: mediaTypes.imageIndex },
      scopes: pullScope(name),
      expect: patient ? [200, ...unsupported] : [200, 429, ...unsupported],
      signal,
      onEvent,
      parent,
    },
  };
}

function isList({ response }: Answer): boolean {
  return response.status === 200 && mediaTypeOf(response.headers) === mediaTypes.imageIndex;
}

function notGoingOn({ what }: PagedList): RegistryError {
  return new RegistryError('ERR_REGISTRY_PROTOCOL', `${what} end in a page that is no list`, { retryable: true });
}

function tooMany({ id, limits }: RepositoryContext): FormatError {
  const limit = limits.names;
  return new FormatError('ERR_LIMIT_EXCEEDED', `referrers in ${id} are more than ${limit}`, { details: { limit } });
}
