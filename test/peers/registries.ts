import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeyPair } from './certificates.ts';
import { programPath } from './programs.ts';
import type { ServerCommand } from './server-process.ts';

/** What a registry that can do so by itself asks of its clients, and how it is reached. */
export interface RegistrySettings {
  /** A folder of its own, for its state and its configuration. */
  readonly folder: string;
  readonly tls?: KeyPair | undefined;
  readonly htpasswd?: string | undefined;
  readonly token?: TokenSettings | undefined;
  /** Keeps what it has on disk. In memory by default, where it can do that. */
  readonly onDisk?: boolean | undefined;
}

/** Which tokens distribution takes. */
export interface TokenSettings {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certificateFile: string;
}

/** A program that is a registry. */
export interface RegistryProgram {
  /** It has TLS of its own; a guard does it for the others. */
  readonly tls: boolean;
  readonly htpasswd: boolean;
  readonly token: boolean;
  /** It answers at `/v2/NAME/referrers/`. */
  readonly referrers: boolean;
  /** It answers at `/v2/_catalog`. */
  readonly catalog: boolean;
  command(port: number, settings: RegistrySettings): ServerCommand;
}

/**
 * `packwright` is the server alone, without a flush to disk for each write: what a benchmark compares. The others are
 * the command `packwright serve`, over blobs and records (`fs:`) and over layouts (`oci:`).
 */
export type RegistryKind =
  'distribution 2' | 'distribution 3' | 'olareg' | 'crane' | 'packwright' | 'packwright serve' | 'packwright layouts';

/** Those that the tests look at. */
export const testedKinds: readonly RegistryKind[] = [
  'distribution 2',
  'distribution 3',
  'olareg',
  'crane',
  'packwright serve',
  'packwright layouts',
];

const own = { tls: true, htpasswd: true };

/** The registries that tests and benchmarks start. */
export const registryPrograms: Readonly<Record<RegistryKind, RegistryProgram>> = {
  'distribution 2': {
    ...own,
    token: true,
    referrers: false,
    catalog: true,
    command: (port, settings) => ({
      program: 'docker-registry',
      args: ['serve', distributionConfig(port, settings)],
    }),
  },
  'distribution 3': {
    ...own,
    token: true,
    referrers: false,
    catalog: true,
    command: (port, settings) => ({
      program: programPath('distribution'),
      args: ['serve', distributionConfig(port, settings)],
      env: { OTEL_TRACES_EXPORTER: 'none' },
    }),
  },
  olareg: {
    tls: true,
    htpasswd: false,
    token: false,
    referrers: true,
    catalog: false,
    command: (port, { folder, tls, onDisk = false }) => ({
      program: programPath('olareg'),
      args: [
        ...['serve', '--addr', '127.0.0.1', '--port', String(port), '--api-delete', '--api-blob-delete'],
        ...(onDisk ? ['--store-type', 'dir', '--dir', join(folder, 'state')] : ['--store-type', 'mem']),
        ...(tls === undefined ? [] : ['--tls-cert', tls.certificateFile, '--tls-key', tls.keyFile]),
      ],
    }),
  },
  crane: {
    tls: false,
    htpasswd: false,
    token: false,
    referrers: true,
    catalog: true,
    command: (port, { folder, onDisk = false }) => ({
      program: programPath('crane'),
      args: [
        ...['registry', 'serve', '--address', `127.0.0.1:${port}`],
        ...(onDisk ? ['--disk', join(folder, 'state')] : []),
      ],
    }),
  },
  packwright: {
    tls: false,
    htpasswd: false,
    token: false,
    referrers: true,
    catalog: true,
    command: (port, { folder }) => ({
      program: process.execPath,
      args: [fileURLToPath(new URL('own-registry.ts', import.meta.url)), String(port), join(folder, 'state')],
    }),
  },
  'packwright serve': servedBy('fs'),
  'packwright layouts': servedBy('oci'),
};

/** The command, from its source. */
function servedBy(store: 'fs' | 'oci'): RegistryProgram {
  return {
    ...own,
    token: false,
    referrers: true,
    catalog: true,
    command: (port, { folder, tls, htpasswd }) => ({
      program: process.execPath,
      args: [
        fileURLToPath(new URL('../../src/cli/bin.ts', import.meta.url)),
        ...['serve', '--port', String(port), '--store', `${store}:${join(folder, 'state')}`],
        ...(htpasswd === undefined ? [] : ['--auth', htpasswd]),
        ...(tls === undefined ? [] : ['--tls-cert', tls.certificateFile, '--tls-key', tls.keyFile]),
      ],
    }),
  };
}

/** Writes a configuration, and gives its path. JSON is YAML as well. */
function distributionConfig(port: number, { folder, tls, htpasswd, token }: RegistrySettings): string {
  const config = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'state') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'a test',
      ...(tls && { tls: { certificate: tls.certificateFile, key: tls.keyFile } }),
    },
    auth: {
      ...(htpasswd !== undefined && { htpasswd: { realm: 'guarded', path: htpasswd } }),
      ...(token && { token: tokenConfig(token) }),
    },
  };
  const path = join(folder, 'config.yml');
  writeFileSync(
    path,
    JSON.stringify(htpasswd === undefined && token === undefined ? { ...config, auth: undefined } : config),
  );
  return path;
}

const tokenConfig = ({ realm, service, issuer, certificateFile }: TokenSettings): Readonly<Record<string, string>> => ({
  realm,
  service,
  issuer,
  rootcertbundle: certificateFile,
});
