import { checkOptions } from '../../../bytes/check-options.ts';
import { isPackError } from '../../../errors.ts';
import { s3BlobStore, type S3BlobStore } from './blob-store.ts';
import { s3Client } from './client.ts';
import type { S3StoreOptions } from './options.ts';
import { s3RecordStore, type S3RecordStore } from './record-store.ts';

/** What is given besides the environment. */
export interface S3EnvironmentOptions extends Partial<Omit<S3StoreOptions, 'client'>> {
  /** The platform's by default. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** A variable that keeps the store from being made. Values are never shown. */
export interface S3VariableProblem {
  /** The names of the variables that it is about: that of the first is missing or wrong. */
  readonly variables: readonly string[];
  /** `AWS_SECRET_ACCESS_KEY is missing` */
  readonly message: string;
}

/** What an environment says of a store on S3. */
export type S3Environment =
  | { readonly state: 'not configured' }
  | { readonly state: 'misconfigured'; readonly problems: readonly S3VariableProblem[] }
  | { readonly state: 'configured'; readonly blobs: S3BlobStore; readonly records: S3RecordStore };

/** An environment: `process.env`, or the bindings of a worker. Only text is looked at. */
export type Environment = Readonly<Record<string, unknown>>;

type Field =
  'endpoint' | 'bucket' | 'region' | 'prefix' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken' | 'forcePathStyle';
type Names = Readonly<Partial<Record<Field, readonly string[]>>>;

const legacy = 'CHECKSTACK_SCRIPT_PACKAGES_S3_';
/** Where these are set, they are the store's own, and the general ones of AWS are another matter. */
const legacyNames: Names = {
  endpoint: [`${legacy}ENDPOINT`],
  bucket: [`${legacy}BUCKET`],
  region: [`${legacy}REGION`],
  accessKeyId: [`${legacy}ACCESS_KEY_ID`],
  secretAccessKey: [`${legacy}SECRET_ACCESS_KEY`],
  forcePathStyle: [`${legacy}FORCE_PATH_STYLE`],
};
const ownNames: Names = {
  endpoint: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
  bucket: ['PACKWRIGHT_S3_BUCKET'],
  region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  prefix: ['PACKWRIGHT_S3_PREFIX'],
  accessKeyId: ['AWS_ACCESS_KEY_ID'],
  secretAccessKey: ['AWS_SECRET_ACCESS_KEY'],
  sessionToken: ['AWS_SESSION_TOKEN'],
  forcePathStyle: ['PACKWRIGHT_S3_FORCE_PATH_STYLE'],
};

/**
 * The store that an environment names, or what keeps it from being one. Nothing is asked, and nothing else is read.
 *
 * The bucket is `PACKWRIGHT_S3_BUCKET`, unless the options name it, with `PACKWRIGHT_S3_PREFIX` and
 * `PACKWRIGHT_S3_FORCE_PATH_STYLE` (`true`, `1`, `false` or `0`); keys, region and endpoint are `AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` (or `AWS_DEFAULT_REGION`) and `AWS_ENDPOINT_URL_S3` (or
 * `AWS_ENDPOINT_URL`). As soon as one of `CHECKSTACK_SCRIPT_PACKAGES_S3_ENDPOINT`, `…_BUCKET`, `…_REGION`,
 * `…_ACCESS_KEY_ID`, `…_SECRET_ACCESS_KEY` and `…_FORCE_PATH_STYLE` is set, these are taken, and no others. Blank is
 * not set. Options come before variables.
 *
 * Not configured is where no bucket is named; keys of AWS without one are somebody else's.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for an unknown option.
 */
export function s3BlobStoreFromEnv(env: Environment, options: S3EnvironmentOptions = {}): S3Environment {
  checkOptions('s3BlobStoreFromEnv', options, optionNames);
  const reading = new Reading(env, options);
  if (!reading.named) return { state: 'not configured' };
  const { fetch, ...given } = options;
  const { accessKeyId, secretAccessKey, sessionToken, ...found } = reading.values();
  if (reading.problems.length > 0) return { state: 'misconfigured', problems: reading.problems };
  const region = given.region ?? found.region;
  const credentials = { accessKeyId: accessKeyId ?? '', secretAccessKey: secretAccessKey ?? '', sessionToken };
  try {
    const client = s3Client({ credentials, region, fetch });
    const settings = { ...found, ...given, bucket: given.bucket ?? found.bucket ?? '', client };
    return { state: 'configured', blobs: s3BlobStore(settings), records: s3RecordStore(settings) };
  } catch (error) {
    return { state: 'misconfigured', problems: [reading.problemOf(error)] };
  }
}

const optionNames = [
  ...['fetch', 'bucket', 'region', 'endpoint', 'forcePathStyle', 'prefix', 'storageClass', 'serverSideEncryption'],
  ...['sseKmsKeyId', 'expectedBucketOwner', 'partSize', 'partsInFlight', 'concurrency', 'atomicDelete'],
  ...['retry', 'timeouts', 'clock'],
];

interface Values extends Partial<Record<Exclude<Field, 'forcePathStyle'>, string>> {
  readonly forcePathStyle?: boolean;
}

class Reading {
  readonly problems: S3VariableProblem[] = [];
  /** True where something names this store. */
  readonly named: boolean;
  readonly #env: Environment;
  readonly #options: S3EnvironmentOptions;
  readonly #names: Names;

  constructor(env: Environment, options: S3EnvironmentOptions) {
    this.#env = env;
    this.#options = options;
    const isLegacy = Object.values(legacyNames).some((names) => this.#valueOf(names) !== undefined);
    this.#names = isLegacy ? legacyNames : ownNames;
    const own = [ownNames.bucket, ownNames.prefix, ownNames.forcePathStyle];
    this.named = isLegacy || options.bucket !== undefined || own.some((names) => this.#valueOf(names) !== undefined);
  }

  values(): Values {
    const values: Record<string, string | boolean> = {};
    for (const [field, names] of Object.entries(this.#names) as [Field, readonly string[]][]) {
      const value = field === 'forcePathStyle' ? this.#flag(names) : this.#valueOf(names);
      if (value !== undefined) values[field] = value;
    }
    for (const field of ['bucket', 'accessKeyId', 'secretAccessKey'] as const) {
      if (values[field] === undefined && (field !== 'bucket' || this.#options.bucket === undefined)) {
        this.#missing(field);
      }
    }
    if (this.#names === legacyNames) this.#compare();
    return values;
  }

  /** The error for a value that is there, in the name of its variable. */
  problemOf(error: unknown): S3VariableProblem {
    if (!isPackError(error)) throw error;
    const { argument } = error as { argument?: string };
    const names = this.#names[argument as Field] ?? [];
    const variables = names.filter((name) => textOf(this.#env[name]) !== undefined).slice(0, 1);
    const isSecret = argument === 'secretAccessKey' || argument === 'accessKeyId' || argument === 'sessionToken';
    const message = isSecret ? 'is not printable text without blanks' : error.message;
    return { variables, message: `${variables[0] ?? argument ?? 'an option'}: ${message}` };
  }

  #valueOf(names: readonly string[] = []): string | undefined {
    for (const name of names) {
      const text = textOf(this.#env[name]);
      if (text !== undefined) return text;
    }
    return undefined;
  }

  #flag(names: readonly string[]): boolean | undefined {
    const value = this.#valueOf(names);
    if (value === undefined) return undefined;
    if (value === 'true' || value === '1') return true;
    if (value !== 'false' && value !== '0') {
      const [name = ''] = names;
      this.problems.push({ variables: [name], message: `${name} is neither true, 1, false nor 0` });
    }
    return false;
  }

  #missing(field: Field): void {
    const [name = ''] = this.#names[field] ?? [];
    this.problems.push({ variables: [name], message: `${name} is missing` });
  }

  /** Two names for one thing of this store must not say two things. */
  #compare(): void {
    for (const field of ['bucket', 'forcePathStyle'] as const) {
      const [old = ''] = legacyNames[field] ?? [];
      const [own = ''] = ownNames[field] ?? [];
      const [first, second] = [textOf(this.#env[old]), textOf(this.#env[own])];
      if (first === undefined || second === undefined || first === second) continue;
      this.problems.push({ variables: [old, own], message: `${old} and ${own} contradict each other` });
    }
  }
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : text;
}
