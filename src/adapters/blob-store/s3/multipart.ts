import { encodeKey } from './address.ts';
import { brokenAnswer } from './broken-answer.ts';
import { bareTag } from './list-objects.ts';
import type { S3Bucket } from './bucket.ts';
import type { S3Action } from './s3-failure.ts';
import { childText, escapeXml } from './xml.ts';

/** The most parts that S3 makes one object of. */
export const maxParts = 10_000;

/** What an upload in parts is about. */
export interface MultipartTarget {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly action: S3Action;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An object that is uploaded in parts and shown when it is completed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export class Multipart {
  readonly #bucket: S3Bucket;
  readonly #target: MultipartTarget;
  readonly #id: string;
  readonly #tags: string[] = [];

  private constructor(bucket: S3Bucket, target: MultipartTarget, id: string) {
    this.#bucket = bucket;
    this.#target = target;
    this.#id = id;
  }

  static async begin(bucket: S3Bucket, target: MultipartTarget): Promise<Multipart> {
    const request = { ...target, method: 'POST', query: { uploads: '' }, expect: [200], field: 'UploadId' };
    const answer = await bucket.document(request, 'InitiateMultipartUploadResult');
    const id = childText(answer, 'UploadId') ?? '';
    if (id === '') throw brokenAnswer(bucket, target.action, 'began an upload without an id');
    return new Multipart(bucket, target, id);
  }

  async put(index: number, body: Uint8Array): Promise<void> {
    const { headers } = await this.#bucket.ask({ ...this.#part(index), body, expect: [200] });
    this.#keep(index, headers.get('etag') ?? '');
  }

  /** A part whose bytes are those of another object in the bucket. */
  async copy(index: number, source: string): Promise<void> {
    const { bucket } = this.#bucket.settings.address;
    const headers = { 'x-amz-copy-source': `/${bucket}/${encodeKey(source)}` };
    const request = { ...this.#part(index), headers, expect: [200], field: 'ETag' };
    const answer = await this.#bucket.document(request, 'CopyPartResult');
    this.#keep(index, childText(answer, 'ETag') ?? '');
  }

  /** Shows the object. False where one of this key was there already. */
  async complete(): Promise<boolean> {
    const parts = this.#tags.map((tag, index) => partElement(index + 1, tag)).join('');
    const text = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts}</CompleteMultipartUpload>`;
    return this.#bucket.create({
      ...this.#target,
      headers: { 'content-type': 'application/xml' },
      method: 'POST',
      query: { uploadId: this.#id },
      body: new TextEncoder().encode(text),
      root: 'CompleteMultipartUploadResult',
    });
  }

  /** Frees the parts. What cannot be freed now is found by a sweep. */
  async abort(): Promise<void> {
    const { key, action } = this.#target;
    await abortUpload(this.#bucket, key, this.#id, action).catch(() => undefined);
  }

  #part(
    index: number,
  ): { method: string; key: string; query: Record<string, string> } & Pick<MultipartTarget, 'action' | 'signal'> {
    const { key, action, signal } = this.#target;
    return { method: 'PUT', key, query: { partNumber: String(index + 1), uploadId: this.#id }, action, signal };
  }

  #keep(index: number, tag: string): void {
    if (tag === '') throw brokenAnswer(this.#bucket, this.#target.action, 'took a part without an ETag');
    this.#tags[index] = bareTag(tag);
  }
}

function partElement(number: number, tag: string): string {
  return `<Part><PartNumber>${number}</PartNumber><ETag>&quot;${escapeXml(tag)}&quot;</ETag></Part>`;
}

/** Ends an upload that is not completed. Harmless where there is none. */
export async function abortUpload(
  bucket: S3Bucket,
  key: string,
  uploadId: string,
  action: S3Action,
  signal?: AbortSignal,
): Promise<void> {
  const query = { uploadId };
  await bucket.ask({ method: 'DELETE', key, query, expect: [200, 204], missing: 'NoSuchUpload', action, signal });
}
