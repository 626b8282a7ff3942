import { RegistryError, UsageError } from '../../errors.ts';
import type { Repository } from '../../ports/index.ts';
import { commandService } from '../service.ts';
import type { CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { parseLocation } from '../location.ts';
import { openSource, openTarget } from '../open-location.ts';

/**
 * Every tag of a repository, in bytewise order.
 *
 * @throws RegistryError `ERR_REGISTRY_NOT_FOUND` where a registry does not know the repository.
 */
export async function tagsCommand(
  options: { readonly reference: string },
  context: CommandContext,
): Promise<{ readonly tags: readonly string[] }> {
  const { repository } = await openSource(options.reference, context);
  const tags: string[] = [];
  for await (const tag of repository.tags(context.operation)) tags.push(tag);
  if (tags.length === 0 && repository.capabilities.remote) await checkExists(repository, context);
  return { tags };
}

async function checkExists(repository: Repository, { operation }: CommandContext): Promise<void> {
  if ((await repository.exists?.(operation)) !== false) return;
  throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `${repository.id} was not found`, {
    hint: 'check the name of the repository',
  });
}

/** What `packwright tag` gives. */
export interface TagCommandResult {
  readonly digest: string;
  readonly tags: readonly string[];
}

/** Gives the manifest that a reference names more tags. */
export async function tagCommand(
  options: { readonly reference: string; readonly tags: readonly string[] },
  context: CommandContext,
): Promise<TagCommandResult> {
  const { repository, reference } = await openTarget(options.reference, context);
  const descriptor = await commandService(context).resolve({ repository, reference }, context.operation);
  for (const tag of options.tags) await repository.tag(tag, descriptor, context.operation);
  return { digest: descriptor.digest, tags: options.tags };
}

/** What `packwright delete` gives. */
export interface DeleteCommandResult {
  /** The tag or digest that is gone. */
  readonly deleted: string;
}

/**
 * Removes a tag, or with a digest a manifest and every tag of it. Blobs of a layout stay until `gc`.
 *
 * @throws UsageError where the reference names neither; RegistryError `ERR_REGISTRY_NOT_FOUND`.
 */
export async function deleteCommand(
  options: { readonly reference: string },
  context: CommandContext,
): Promise<DeleteCommandResult> {
  const location = parseLocation(options.reference);
  const { tag, digest } = location.kind === 'registry' ? location.reference : location;
  const reference = digest ?? tag;
  if (reference === undefined) {
    throw new UsageError(
      'ERR_INVALID_REFERENCE',
      `reference ${JSON.stringify(options.reference)} names no tag or digest`,
      {
        argument: 'reference',
        hint: 'write REPOSITORY:TAG or REPOSITORY@sha256:…',
      },
    );
  }
  const { repository } = await openTarget(options.reference, context);
  if (await repository.delete(reference, context.operation)) return { deleted: reference };
  throw new RegistryError('ERR_REGISTRY_NOT_FOUND', `${JSON.stringify(reference)} was not found in ${repository.id}`, {
    hint: `packwright tags ${repository.id} lists what is there`,
  });
}

/** `packwright tags`. */
export const tagsSpec: CommandSpec = {
  name: 'tags',
  summary: 'list the tags of a repository or a layout',
  arguments: [{ name: 'ref', summary: 'a repository, oci:DIR or oci-archive:FILE' }],
  flags: [],
  registries: true,
  examples: ['packwright tags registry.example/team/app', 'packwright tags oci:packs'],
  async run([reference = ''], _flags, context) {
    const result = await tagsCommand({ reference }, context);
    return { json: result, text: result.tags.map((tag) => `${tag}\n`).join('') };
  },
};

/** `packwright tag`. */
export const tagSpec: CommandSpec = {
  name: 'tag',
  summary: 'give a pack more tags',
  arguments: [
    { name: 'ref', summary: 'what to tag' },
    { name: 'tag', summary: 'the tags', variadic: true },
  ],
  flags: [],
  registries: true,
  examples: ['packwright tag oci:packs:1.0 stable latest'],
  async run([reference = '', ...tags], _flags, context) {
    const result = await tagCommand({ reference, tags }, context);
    return { json: result, text: result.tags.map((tag) => `${tag}\n`).join('') };
  },
};

/** `packwright delete`. */
export const deleteSpec: CommandSpec = {
  name: 'delete',
  summary: 'remove a tag, or a manifest with its tags; blobs of a layout stay until gc',
  arguments: [{ name: 'ref', summary: 'a tag or a digest' }],
  flags: [],
  registries: true,
  examples: ['packwright delete oci:packs:1.0'],
  async run([reference = ''], _flags, context) {
    const result = await deleteCommand({ reference }, context);
    return { json: result, text: `${result.deleted}\n` };
  },
};
