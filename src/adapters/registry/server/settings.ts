import { checkCount, checkOptions } from '../../../bytes/check-options.ts';
import { UsageError } from '../../../errors.ts';
import { defaultOciLimits } from '../../../oci/limits.ts';
import type { BlobStore } from '../../../ports/blob-store.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import type { Registry } from '../../../ports/registry.ts';
import { storeRegistry } from '../../../registry/store-registry.ts';
import type { RegistryAuth } from './auth.ts';

/** What the server takes at most, and gives at once. */
export interface RegistryServerLimits {
  /** Bytes of a manifest; 4 MiB by default, and at most. More are answered 413. */
  readonly manifestBytes?: number | undefined;
  /** Bytes of a blob; unbounded by default. More are answered 413. */
  readonly blobBytes?: number | undefined;
  /** Tags, repositories or referrers in one answer; 1,000 by default. The header `Link` leads to the rest. */
  readonly pageSize?: number | undefined;
  /** Tags that one `PUT` of a manifest may set; 100 by default. More are answered 414. */
  readonly tagsPerPut?: number | undefined;
  /**
   * Uploads that may be open at once; 10,000 by default. Beyond that, those that rest for ten minutes make room; where
   * there are none, more are answered 429.
   */
  readonly uploads?: number | undefined;
  /** How long an upload that nobody goes on with is kept, in milliseconds; 24 hours by default. */
  readonly uploadLifetime?: number | undefined;
  /** Bytes that a chunk should have, but the last: told to clients as `OCI-Chunk-Min-Length`, and not enforced. */
  readonly chunkMinLength?: number | undefined;
}

/** Pages of which origins may do more than read. */
export interface CorsOptions {
  /** Origins (`https://app.example`) whose pages may write and delete. None by default. */
  readonly origins?: readonly string[] | undefined;
}

/** What is served, to whom, and within which bounds. */
export interface RegistryServerOptions {
  /** What is served. Either this, or `blobs` and `records`. */
  readonly registry?: Registry | undefined;
  readonly blobs?: BlobStore | undefined;
  readonly records?: RecordStore | undefined;
  /** Who may do what; everybody everything by default. */
  readonly auth?: RegistryAuth | undefined;
  /** Answers every write with 405. False by default. */
  readonly readOnly?: boolean | undefined;
  /** False answers every delete with 405. True by default. */
  readonly delete?: boolean | undefined;
  /** Pages of every origin may read, unless this is false; those of the origins named may write too. */
  readonly cors?: CorsOptions | false | undefined;
  /**
   * The hosts that requests may name, each with its port, or without for any port: the defence against pages that
   * rebind a name of theirs to this server. By default `localhost`, `127.0.0.1` and `[::1]`.
   */
  readonly hosts?: readonly string[] | undefined;
  readonly limits?: RegistryServerLimits | undefined;
  /** Is told of every failure that a client is answered 5xx for, and nothing else of. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
  /** The time in milliseconds; `Date.now` by default. */
  readonly clock?: (() => number) | undefined;
}

/** The options with their defaults. */
export interface ServerSettings {
  readonly registry: Registry;
  readonly auth: RegistryAuth | undefined;
  readonly readOnly: boolean;
  readonly deletes: boolean;
  readonly cors: { readonly origins: readonly string[] } | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly limits: Required<{ [Name in keyof RegistryServerLimits]: number }>;
  readonly onError: (error: unknown, request: Request) => void;
  readonly clock: () => number;
}

const optionNames = [
  'registry',
  'blobs',
  'records',
  'auth',
  'readOnly',
  'delete',
  'cors',
  'hosts',
  'limits',
  'onError',
  'clock',
];

/**
 * Checks the options of a server.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for what is missing, wrong or unknown.
 */
export function serverSettings(options: RegistryServerOptions): ServerSettings {
  checkOptions('registryServer', options, optionNames);
  const { auth, readOnly = false, cors = {}, hosts, onError = () => undefined, clock = Date.now } = options;
  return {
    registry: servedRegistry(options),
    auth,
    readOnly,
    deletes: options.delete ?? true,
    cors: cors === false ? undefined : corsSettings(cors),
    hosts: hosts?.map((host) => host.toLowerCase()),
    limits: serverLimits(options.limits ?? {}),
    onError,
    clock,
  };
}

function servedRegistry({ registry, blobs, records }: RegistryServerOptions): Registry {
  if (registry !== undefined && blobs === undefined && records === undefined) return registry;
  if (registry === undefined && blobs !== undefined && records !== undefined) return storeRegistry({ blobs, records });
  throw new UsageError('ERR_INVALID_ARGUMENT', 'registryServer needs a registry, or blobs and records', {
    argument: 'registry',
  });
}

function corsSettings(cors: CorsOptions): { readonly origins: readonly string[] } {
  checkOptions('cors', cors, ['origins']);
  const { origins = [] } = cors;
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new UsageError('ERR_INVALID_ARGUMENT', `origin ${JSON.stringify(origin)} is not scheme://host[:port]`, {
      argument: 'cors.origins',
    });
  }
  return { origins };
}

const limitNames = [
  'manifestBytes',
  'blobBytes',
  'pageSize',
  'tagsPerPut',
  'uploads',
  'uploadLifetime',
  'chunkMinLength',
];
const day = 24 * 3_600_000;

function serverLimits(limits: RegistryServerLimits): ServerSettings['limits'] {
  checkOptions('limits', limits, limitNames);
  const most = defaultOciLimits.manifestBytes;
  return {
    manifestBytes: Math.min(checkCount('limits.manifestBytes', limits.manifestBytes, most), most),
    blobBytes: checkCount('limits.blobBytes', limits.blobBytes, Number.MAX_SAFE_INTEGER),
    pageSize: checkCount('limits.pageSize', limits.pageSize, 1000),
    tagsPerPut: checkCount('limits.tagsPerPut', limits.tagsPerPut, 100),
    uploads: checkCount('limits.uploads', limits.uploads, 10_000),
    uploadLifetime: checkCount('limits.uploadLifetime', limits.uploadLifetime, day),
    chunkMinLength: checkCount('limits.chunkMinLength', limits.chunkMinLength, 0),
  };
}
