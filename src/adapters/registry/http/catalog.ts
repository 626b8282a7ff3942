import { RegistryError } from '../../../errors.ts';
import { isRepositoryName } from '../../../oci/reference.ts';
import type { ListOptions } from '../../../ports/registry.ts';
import type { RegistryConnection } from './connection.ts';
import type { RepositoryLimits } from './limits.ts';
import { gatherNames, pageSize } from './pages.ts';
import { sortedNames } from './sorted-names.ts';

/**
 * Every repository of a registry, in bytewise order. Not part of the specification: many registries refuse it, or let
 * only administrators ask.
 *
 * @throws RegistryError where the registry does not list its repositories.
 */
export async function* listRepositories(
  connection: RegistryConnection,
  options: ListOptions,
  limits: RepositoryLimits,
): AsyncGenerator<string, void, undefined> {
  const { after, limit, ...operation } = options;
  operation.signal?.throwIfAborted();
  const listing = gatherNames({
    connection,
    limits,
    what: `repositories of ${connection.id}`,
    target: `_catalog?n=${pageSize}`,
    request: { ...operation, scopes: [], expect: [200] },
    member: 'repositories',
    isName: isRepositoryName,
  });
  const names = await listing.catch((error: unknown) => {
    throw notListed(connection, error);
  });
  yield* sortedNames(names, { after, limit });
}

const refusals = [400, 401, 403, 404, 405, 501];

function notListed({ id }: RegistryConnection, error: unknown): unknown {
  if (!(error instanceof RegistryError) || error.status === undefined || !refusals.includes(error.status)) return error;
  return new RegistryError(error.code, `${id} does not list its repositories (status ${error.status})`, {
    cause: error,
    status: error.status,
    hint: 'name the repository; many registries list them for nobody, or only for administrators',
    details: error.details,
  });
}
