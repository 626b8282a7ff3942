import { UsageError } from '../../../errors.ts';
import { parseHttpUrl } from '../../../http/redact-url.ts';

/** What an address is made of. */
export interface AddressOptions {
  readonly bucket: string;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly forcePathStyle?: boolean | undefined;
  readonly prefix?: string | undefined;
}

/** Where the objects of a store are. */
export interface S3Address {
  readonly bucket: string;
  /** Begins every key: empty, or with a `/` at its end. */
  readonly prefix: string;
  /** `s3://bucket/prefix` */
  readonly id: string;
  /** Host and port that are asked. */
  readonly host: string;
  /** True for Amazon's own S3. */
  readonly amazon: boolean;
  /** The URL of an object by its whole key, or of the bucket. */
  url(key?: string, query?: Readonly<Record<string, string>>): URL;
}

/**
 * The address of a bucket.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function addressOf(options: AddressOptions): S3Address {
  const { bucket, region = 'us-east-1' } = options;
  check('bucket', bucket, /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'the name of a bucket');
  check('region', region, /^[A-Za-z0-9-]{1,64}$/, 'the name of a region');
  const endpoint = endpointOf(options.endpoint, region);
  const amazon = isAmazon(endpoint.hostname);
  const pathStyle = options.forcePathStyle ?? (!amazon || bucket.includes('.'));
  const base = pathStyle ? `${endpoint.origin}${basePath(endpoint)}/${bucket}` : virtualHost(endpoint, bucket);
  const prefix = prefixOf(options.prefix);
  return {
    bucket,
    prefix,
    id: `s3://${bucket}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`,
    host: new URL(base).host,
    amazon,
    url: (key = '', query = {}) => new URL(`${base}/${encodeKey(key)}${queryOf(query)}`),
  };
}

function endpointOf(text: string | undefined, region: string): URL {
  const amazon = `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const url = parseHttpUrl(text ?? amazon);
  if (url === undefined) throw refused('endpoint', `endpoint of the S3 store is not an http or https URL`);
  // A user and password in it would be lost without a word, or shown in messages.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused('endpoint', `endpoint ${url.host} has user info, a query or a fragment`);
  }
  return url;
}

function isAmazon(hostname: string): boolean {
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(hostname);
}

function basePath({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

function virtualHost(endpoint: URL, bucket: string): string {
  if (/^[\d.]+$/.test(endpoint.hostname) || endpoint.hostname.startsWith('[')) {
    throw refused('forcePathStyle', `endpoint ${endpoint.host} is a number, and cannot have a bucket before it`);
  }
  if (!/^[a-z0-9.-]+$/.test(bucket)) {
    throw refused('bucket', `bucket ${JSON.stringify(bucket)} cannot be part of a host name: set forcePathStyle`);
  }
  return `${endpoint.protocol}//${bucket}.${endpoint.host}${basePath(endpoint)}`;
}

/** Keys have at most 1,024 bytes, and the longest of ours are behind this. */
const maxPrefix = 200;

function prefixOf(text = ''): string {
  const prefix = text.replace(/^\/+|\/+$/g, '');
  if (prefix === '') return '';
  const segments = prefix.split('/');
  const good = segments.every((segment) => /^[A-Za-z0-9!_.*'()=@:,-]+$/.test(segment) && !/^\.\.?$/.test(segment));
  if (good && prefix.length <= maxPrefix) return `${prefix}/`;
  throw refused(
    'prefix',
    `prefix of the S3 store is not up to ${maxPrefix} letters, digits and !_.*'()=@:,- in segments`,
  );
}

/** RFC 3986: everything but unreserved characters and the slashes, so that nobody decodes it in another way. */
export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function check(argument: string, value: unknown, pattern: RegExp, what: string): void {
  if (typeof value === 'string' && pattern.test(value)) return;
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
  throw refused(argument, `${argument} of the S3 store is ${shown}, expected ${what}`);
}

function refused(argument: string, message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument });
}
