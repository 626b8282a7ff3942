import { download } from '../../../http/download.ts';
import { HttpFailure } from '../../../http/http-failure.ts';
import type { S3Bucket } from './bucket.ts';
import { faultOf, type S3Action } from './s3-failure.ts';

/** An object that is read. */
export interface ReadObject {
  /** The whole key. */
  readonly key: string;
  readonly action: S3Action;
  /** The error where it is not there. */
  readonly missing: (cause: HttpFailure) => Error;
  /** The error for what the server did, where it is another than that of the port. */
  readonly explain?: ((failure: HttpFailure) => Error | undefined) | undefined;
}

/** What of it is read. */
export interface ObjectRange {
  readonly signal: AbortSignal | undefined;
  /** Bytes of the whole object. */
  readonly size: number;
  readonly start?: number;
  readonly end?: number;
}

/** The bytes of an object. The stream goes on after a cut, with the rest of the same object. */
export async function openObject(
  bucket: S3Bucket,
  { key, action, missing, explain }: ReadObject,
  range: ObjectRange,
): Promise<ReadableStream<Uint8Array>> {
  const explained = (error: unknown): unknown => {
    range.signal?.throwIfAborted();
    if (!(error instanceof HttpFailure)) return bucket.failure(error, action);
    return faultOf(error)?.code === 'NoSuchKey' ? missing(error) : (explain?.(error) ?? bucket.failure(error, action));
  };
  try {
    const opened = await download(bucket.http, bucket.url(key), {
      ...range,
      explain: async (error) => explained(error),
    });
    return opened.stream;
  } catch (error) {
    throw explained(error);
  }
}
