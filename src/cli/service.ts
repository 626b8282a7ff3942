import { UsageError } from '../errors.ts';
import { bindPackService, type PackService, type PackServiceOptions } from '../pack/service.ts';

/** The verbs, for locations that the command opened itself. */
export function commandService(options: Omit<PackServiceOptions, 'registries'> = {}): PackService {
  return bindPackService({ ...options, registries: refuseHost });
}

function refuseHost(host: string): never {
  throw new UsageError('ERR_UNSUPPORTED', `registry ${host} cannot be reached by this command`, {
    argument: 'reference',
  });
}
