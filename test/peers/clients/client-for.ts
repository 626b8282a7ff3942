import type { Client, ClientName, ClientOptions } from './client.ts';
import { craneClient } from './crane.ts';
import { orasClient } from './oras.ts';
import { regctlClient } from './regctl.ts';
import { skopeoClient } from './skopeo.ts';

const makers: Readonly<Record<ClientName, (options: ClientOptions) => Client>> = {
  oras: orasClient,
  crane: craneClient,
  regctl: regctlClient,
  skopeo: skopeoClient,
};

export const clientNames: readonly ClientName[] = ['oras', 'crane', 'regctl', 'skopeo'];

/** A client that knows one registry. */
export const clientFor = (name: ClientName, options: ClientOptions): Client => makers[name](options);
