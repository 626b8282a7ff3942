import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RegistryAddress } from '../guarded-registry.ts';
import { programPath, run } from '../programs.ts';

/** A program that talks to registries, with a configuration of its own that knows one of them. */
export interface Client {
  /** Copies from a layout, `FOLDER:TAG`, to a registry. */
  readonly push: (layout: string, reference: string) => Promise<unknown>;
  /** Copies from a registry to a layout, `FOLDER:TAG`. */
  readonly pull: (reference: string, layout: string) => Promise<unknown>;
  /** Copies from one registry to another, or within one. */
  readonly copy: (from: string, to: string) => Promise<unknown>;
  /** The digest of what a reference names. */
  readonly digest: (reference: string) => Promise<string>;
  readonly tags: (repository: string) => Promise<readonly string[]>;
  /** Every repository; skopeo has no such command. */
  readonly catalog?: (() => Promise<readonly string[]>) | undefined;
  readonly delete: (reference: string) => Promise<unknown>;
  /** The digests of the referrers; only oras and regctl know them. */
  readonly referrers?: ((reference: string) => Promise<readonly string[]>) | undefined;
  /** Attaches a file, and gives the digest of the referrer. */
  readonly attach?: ((reference: string, file: string, artifactType: string) => Promise<string>) | undefined;
}

export type ClientName = 'oras' | 'crane' | 'regctl' | 'skopeo';

/** What a client is made of. */
export interface ClientOptions {
  readonly address: RegistryAddress;
  /** Where it runs, and where its configuration goes. */
  readonly folder: string;
  /** Another registry that it is to know, which is reached as the first one. */
  readonly other?: RegistryAddress | undefined;
  /** Lets it know the account; true by default. */
  readonly loggedIn?: boolean | undefined;
  /** A folder whose `config.json` it reads credentials from, instead of one of its own. */
  readonly credentials?: string | undefined;
}

/** Runs a program with arguments, and gives what it prints. */
export type Session = (args: readonly string[], input?: string) => Promise<string>;

/** Runs a program that finds docker's file of credentials where its own variable says, and nothing of this machine. */
export function sessionOf(name: ClientName, options: ClientOptions): Session {
  const config = join(options.folder, `config-of-${name}`);
  mkdirSync(config, { recursive: true });
  const { account, authority, host } = options.address;
  const auth = Buffer.from(`${account?.username ?? ''}:${account?.password ?? ''}`).toString('base64');
  const auths = account === undefined || options.loggedIn === false ? {} : { [host]: { auth } };
  writeFileSync(join(config, 'config.json'), JSON.stringify({ auths }));
  const known = [options.address, ...(options.other === undefined ? [] : [options.other])];
  writeFileSync(join(config, 'regctl.json'), JSON.stringify({ hosts: Object.fromEntries(known.map(regctlHost)) }));
  const { credentials = config } = options;
  const env = {
    HOME: config,
    DOCKER_CONFIG: credentials,
    REGISTRY_AUTH_FILE: join(credentials, 'config.json'),
    REGCTL_CONFIG: join(config, 'regctl.json'),
    // Where skopeo remembers which blobs it saw where; as root it asks nothing but this for a place of its own.
    _CONTAINERS_ROOTLESS_UID: '1000',
    XDG_DATA_HOME: cacheOf(options.folder),
    // crane has no flag for it.
    ...(authority === undefined ? {} : { SSL_CERT_FILE: authority.caFile }),
  };
  return (args, input) => run(programPath(name), args, { cwd: options.folder, env, input });
}

/** What clients remember from one run to the next, below the folder that they run in. */
export const cacheOf = (folder: string): string => join(folder, 'cache-of-clients');

const regctlHost = ({ host, authority }: RegistryAddress): readonly [string, object] => [
  host,
  { hostname: host, tls: authority === undefined ? 'disabled' : 'enabled', regcert: authority?.ca },
];

/** What is on the lines that a program printed. */
export const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

/** The folder of `FOLDER:TAG`. */
export const folderOf = (layout: string): string => layout.replace(/:[^:/]*$/, '');
