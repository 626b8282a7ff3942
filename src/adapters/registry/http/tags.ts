import { isTag } from '../../../oci/reference.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { ListOptions } from '../../../ports/registry.ts';
import { pullScope, type RepositoryContext } from './manifests.ts';
import { gatherNames, pageSize } from './pages.ts';
import { sortedNames } from './sorted-names.ts';

/** Every tag of a repository (distribution-spec 1.1.1, "Listing Tags"), in bytewise order. */
export async function* listTags(
  { connection, name, id, limits }: RepositoryContext,
  options: ListOptions,
): AsyncGenerator<string, void, undefined> {
  const { after, limit, ...operation } = options;
  operation.signal?.throwIfAborted();
  const names = await gatherNames({
    connection,
    limits,
    what: `tags of ${id}`,
    target: `${name}/tags/list?n=${pageSize}`,
    request: { ...operation, scopes: pullScope(name), expect: [200, 404] },
    member: 'tags',
    isName: isTag,
  });
  yield* sortedNames(names, { after, limit });
}

/** True where the registry knows the repository: it lists its tags, if only none. */
export async function repositoryExists(
  { connection, name }: RepositoryContext,
  options: OperationOptions,
): Promise<boolean> {
  const request = { ...options, scopes: pullScope(name), expect: [200, 404] };
  const answer = await connection.ask(`${name}/tags/list?n=1`, request);
  await answer.discard();
  return answer.response.status === 200;
}
