import { UsageError } from '../errors.ts';
import { bindPackService, type PackService, type PackServiceOptions } from '../pack/service.ts';
import type { CommandContext } from './context.ts';

/** The verbs, over the registries that the command reaches. */
export function commandService(
  { registries = refuseHost }: CommandContext,
  options: Omit<PackServiceOptions, 'registries'> = {},
): PackService {
  return bindPackService({ ...options, registries });
}

/**
 * Stands where a context reaches no registry.
 *
 * @throws UsageError `ERR_UNSUPPORTED`, always.
 */
export function refuseHost(host: string): never {
  throw new UsageError('ERR_UNSUPPORTED', `registry ${host} cannot be reached by this command`, {
    argument: 'reference',
    hint: 'write oci:DIR:TAG for a layout folder, or oci-archive:FILE.tar:TAG for a layout in a tar',
  });
}
