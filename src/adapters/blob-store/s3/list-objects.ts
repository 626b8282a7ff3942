import { StoreError } from '../../../errors.ts';
import type { S3Bucket } from './bucket.ts';
import type { S3Action } from './s3-failure.ts';
import { childText, type XmlElement } from './xml.ts';

/** An object in a listing. */
export interface ListedObject {
  /** The key without what was before the name in the prefix of the store. */
  readonly name: string;
  readonly size: number;
  /** The entity tag without its quotes. */
  readonly tag: string;
  readonly modifiedAt: number | undefined;
}

/** What is listed, and from where. */
export interface ListObjectsOptions {
  readonly action: S3Action;
  /** Names after this one only. */
  readonly after?: string | undefined;
  /** How many there are on a page at most. */
  readonly pageSize?: number | undefined;
  /** Is told of keys that were not asked for: what a server gives that does not look at the prefix. */
  readonly onForeign?: ((key: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects whose name in the store starts with a prefix, in bytewise order, page by page as they are asked for.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  options: ListObjectsOptions,
): AsyncGenerator<ListedObject, void, undefined> {
  const { after, action, signal, pageSize = 1000, onForeign } = options;
  const { prefix: base } = bucket.settings.address;
  const start = after === undefined ? {} : { 'start-after': base + after };
  let token: string | undefined;
  do {
    const query = {
      'list-type': '2',
      'max-keys': String(pageSize),
      prefix: base + prefix,
      ...(token === undefined ? start : { 'continuation-token': token }),
    };
    const page = await bucket.document({ method: 'GET', query, expect: [200], action, signal }, 'ListBucketResult');
    for (const entry of page.children) {
      if (entry.name !== 'Contents') continue;
      signal?.throwIfAborted();
      const object = objectOf(entry, base);
      if (object?.name.startsWith(prefix) === true) yield object;
      else onForeign?.(childText(entry, 'Key') ?? '');
    }
    token = nextToken(bucket, page, token, action);
  } while (token !== undefined);
}

function objectOf(entry: XmlElement, base: string): ListedObject | undefined {
  const key = childText(entry, 'Key') ?? '';
  const size = childText(entry, 'Size') ?? '';
  if (!key.startsWith(base) || !/^\d{1,15}$/.test(size)) return undefined;
  const time = Date.parse(childText(entry, 'LastModified') ?? '');
  return {
    name: key.slice(base.length),
    size: Number(size),
    tag: bareTag(childText(entry, 'ETag') ?? ''),
    modifiedAt: Number.isNaN(time) ? undefined : time,
  };
}

/** An entity tag without quotes: a page has them as entities, a header as they are, and some servers not at all. */
export function bareTag(tag: string): string {
  return tag.replace(/^(?:W\/)?"(.*)"$/, '$1');
}

function nextToken(
  bucket: S3Bucket,
  page: XmlElement,
  last: string | undefined,
  { what }: S3Action,
): string | undefined {
  if (childText(page, 'IsTruncated') !== 'true') return undefined;
  const next = childText(page, 'NextContinuationToken') ?? '';
  if (next !== '' && next !== last) return next;
  const { bucket: name, host, id } = bucket.settings.address;
  throw new StoreError('ERR_STORE_READ', `${what} in bucket ${name} failed: ${host} cut a list and does not go on`, {
    store: id,
  });
}
