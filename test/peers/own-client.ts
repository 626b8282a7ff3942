import type { RegistryLookup } from 'packwright';
import { undiciTransport } from 'packwright/transport/undici';
import { httpRegistries } from '../../src/adapters/registry/http.ts';
import type { Credential } from '../../src/ports/credential.ts';
import type { RegistryAddress } from './guarded-registry.ts';

/** Registries as our client reaches them: the one that it was told about with its account, others with nothing. */
export interface OwnRegistries {
  readonly lookup: RegistryLookup;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Our client for a registry. */
export function ownRegistries({ host, account, authority }: RegistryAddress): OwnRegistries {
  const transport = undiciTransport(authority === undefined ? {} : { ca: [authority.ca] });
  const credential: Credential | undefined = account && { kind: 'password', ...account };
  const lookup = httpRegistries({
    fetch: transport.fetch,
    credentials: (request) => (request.host === host ? credential : undefined),
  });
  return { lookup, close: () => transport.close() };
}
