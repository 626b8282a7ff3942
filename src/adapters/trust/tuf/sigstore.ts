import { parseSigningConfig, type SigningConfig } from '../../../attest/signing-config.ts';
import { parseTrustRoot } from '../../../attest/parse-trust-root.ts';
import type { TrustRoot } from '../../../attest/trust-root.ts';
import { checkOptions } from '../../../bytes/check-options.ts';
import { TrustError, UsageError } from '../../../errors.ts';
import { tufClient, type TufClientOptions } from './client.ts';
import { httpMirror } from './http-mirror.ts';

/** Where a Sigstore instance publishes whom to believe. */
export interface SigstoreTrustOptions extends Omit<TufClientOptions, 'metadata'> {
  /** Where its repository is. The public-good instance on the web by default; GitHub's is `https://tuf-repo.github.com`. */
  readonly metadata?: TufClientOptions['metadata'] | undefined;
  /**
   * A domain with a root of its own in the repository, as a GitHub of one company has: its target is then
   * `<domain>.trusted_root.json`.
   */
  readonly domain?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const publicGood = 'https://tuf-repo-cdn.sigstore.dev';

/**
 * The trust root of a Sigstore instance as its TUF repository has it now, from a root of that repository which the
 * caller trusts.
 *
 * @example
 * ```ts
 * const trust = await sigstoreTrust({ root: await readFile('root.json'), store: fsRecordStore({ directory: 'trusted' }) });
 * await verify(artifact, bundles, { trust, policy });
 * ```
 * @throws as the methods of {@link tufClient}; TrustError `ERR_TUF_TARGET_NOT_FOUND` where the repository has none;
 * FormatError `ERR_TRUST_ROOT_INVALID` where it is none.
 */
export async function sigstoreTrust(options: SigstoreTrustOptions): Promise<TrustRoot> {
  return parseTrustRoot(await fetchDocument(options, 'trusted_root.json'));
}

/**
 * The signing configuration of a Sigstore instance: where to ask for certificates, log entries and timestamps.
 *
 * @throws as {@link sigstoreTrust}.
 */
export async function sigstoreSigningConfig(options: SigstoreTrustOptions): Promise<SigningConfig> {
  return parseSigningConfig(await fetchDocument(options, 'signing_config.v0.2.json'));
}

async function fetchDocument(options: SigstoreTrustOptions, document: string): Promise<Uint8Array> {
  checkOptions('sigstoreTrust', options, [...clientKeys, 'metadata', 'domain', 'signal']);
  const { domain, signal, metadata = httpMirror(publicGood), ...rest } = options;
  if (domain !== undefined && !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain)) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'domain is not a host name in lower case', { argument: 'domain' });
  }
  const name = domain === undefined ? document : `${domain}.${document}`;
  const target = await tufClient({ name: 'sigstore', ...rest, metadata }).target(name, { signal });
  if (target !== undefined) return target.bytes;
  throw new TrustError('ERR_TUF_TARGET_NOT_FOUND', `${name} is not in the repository`, {
    hint: 'is it the repository of that instance?',
  });
}

const clientKeys = ['root', 'targets', 'store', 'blobs', 'name', 'now', 'limits'];
