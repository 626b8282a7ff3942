import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCorsProxy } from './cors-proxy.ts';
import { startOidcIssuer, type OidcIssuer, type TokenIdentity } from './oidc-issuer.ts';
import { programPath, run } from './programs.ts';
import type { Running, ServerProcess } from './server-process.ts';
import { makeSigstoreKeys, type SigstoreKeys } from './sigstore-keys.ts';
import {
  startCertificateAuthority,
  startCertificateLog,
  startLog,
  startTimestampAuthority,
} from './sigstore-services.ts';

/**
 * A Sigstore on the loopback, of the programs that run the public one. Parts of it live in this process: run what asks it
 * without blocking.
 */
export interface PrivateSigstore {
  readonly folder: string;
  /** Paths of JSON files, as `cosign trusted-root create` and `cosign signing-config create` write them. */
  readonly trustedRoot: string;
  readonly signingConfigs: { readonly log: string; readonly timestampOnly: string; readonly none: string };
  /** The same as `log`, with every service behind a proxy that answers CORS: what a page uses. Path of a JSON file. */
  readonly corsSigningConfig: string;
  /** What the certificates of tokens for an email and for a URI name as issuer. */
  readonly issuers: { readonly email: string; readonly uri: string };
  /** A token of `{ email: 'dev@example.com' }` or `{ uri: 'http://127.0.0.1/ci/build' }`: a URI begins so. */
  token(identity: TokenIdentity): Promise<string>;
  /** Ends everything, and removes the folder. */
  stop(): Promise<void>;
}

/** Starts a Sigstore in a folder of its own, which takes a second. Any number of them may run at once. */
export async function startPrivateSigstore(): Promise<PrivateSigstore> {
  const folder = await mkdtemp(join(tmpdir(), 'packwright-sigstore-'));
  const running: Running[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((part) => part.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await startParts(folder, running)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(folder: string, running: Running[]): Promise<Omit<PrivateSigstore, 'stop'>> {
  const started = async <T extends Running>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    running.push(part);
    return part;
  };
  const keys = await makeSigstoreKeys(join(folder, 'keys'));
  const issuer = await started(startOidcIssuer());
  const ct = await started(startCertificateLog(folder, keys));
  const ca = await started(startCertificateAuthority(folder, keys, issuer, ct));
  const log = await started(startLog(folder, keys));
  const tsa = await started(startTimestampAuthority(folder, keys));
  const proxied = async ({ host }: ServerProcess): Promise<string> =>
    (await started(startCorsProxy({ port: Number(new URL(`http://${host}`).port) }))).host;
  const config = configsIn(folder, issuer);
  const services = { ca: ca.host, log: log.host, tsa: tsa.host };
  return {
    folder,
    trustedRoot: await writeTrustedRoot(folder, keys, { ...services, ct: ct.host }),
    signingConfigs: {
      log: await config('log', services),
      timestampOnly: await config('timestamp-only', { ca: ca.host, tsa: tsa.host }),
      none: await config('none', {}),
    },
    // The timestamp authority is behind a proxy anyway.
    corsSigningConfig: await config('cors', { ca: await proxied(ca), log: await proxied(log), tsa: tsa.host }),
    issuers: issuer.issuers,
    token: (identity) => issuer.token(identity),
  };
}

const start = 'start-time=2020-01-01T00:00:00Z';

/** Where the services are: `127.0.0.1:45123`. */
interface Hosts {
  readonly ca?: string;
  readonly log?: string;
  readonly tsa?: string;
}

async function writeTrustedRoot(
  folder: string,
  keys: SigstoreKeys,
  hosts: Required<Hosts> & { readonly ct: string },
): Promise<string> {
  const path = join(folder, 'trusted_root.json');
  await run(programPath('cosign'), [
    ...['trusted-root', 'create', '--out', path],
    `--fulcio=url=http://${hosts.ca},certificate-chain=${keys.certificateAuthority.chainFile}`,
    `--ctfe=url=http://${hosts.ct},public-key=${keys.certificateLog.publicFile},${start}`,
    `--rekor=url=http://${hosts.log},public-key=${keys.log.publicFile},${start},origin=127.0.0.1`,
    `--tsa=url=http://${hosts.tsa}/api/v1/timestamp,certificate-chain=${keys.timestampAuthority.chainFile}`,
  ]);
  return path;
}

function configsIn(folder: string, { issuers }: OidcIssuer): (name: string, hosts: Hosts) => Promise<string> {
  const service = (kind: string, url: string, version = 1): string =>
    `--${kind}=url=${url},api-version=${version},${start},operator=private`;
  return async (name, { ca, log, tsa }) => {
    const path = join(folder, `signing_config.${name}.json`);
    await run(programPath('cosign'), [
      ...['signing-config', 'create', '--out', path],
      ...(ca === undefined ? [] : [service('fulcio', `http://${ca}`), service('oidc-provider', issuers.email)]),
      ...(log === undefined ? [] : [service('rekor', `http://${log}`, 2), '--rekor-config=ANY']),
      ...(tsa === undefined ? [] : [service('tsa', `http://${tsa}/api/v1/timestamp`), '--tsa-config=ANY']),
    ]);
    return path;
  };
}
