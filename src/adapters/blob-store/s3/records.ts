import { randomId } from '../../../bytes/random-id.ts';
import { StoreError, UsageError } from '../../../errors.ts';
import { isHtml } from '../../../http/answer-head.ts';
import type { S3Answer, S3Bucket } from './bucket.ts';
import { bareTag } from './list-objects.ts';
import { brokenAnswer } from './broken-answer.ts';
import { removeObject } from './remove-object.ts';
import { nameOfKey } from './record-name.ts';
import { deletedObject, parseRecord, recordObject, type RecordContent } from './record-object.ts';
import type { S3Action } from './s3-failure.ts';

/** What lies in the place of a record. */
export interface FoundRecord {
  /** The ETag of the object. */
  readonly version: string;
  readonly token: string;
  /** Missing where the record was deleted. */
  readonly content?: RecordContent;
}

type Versioned = { readonly version: string } | 'conflict';

/** Reads the object of a record, deleted or not. */
export async function readRecord(
  bucket: S3Bucket,
  name: string,
  signal: AbortSignal | undefined,
): Promise<FoundRecord | undefined> {
  const action: S3Action = { code: 'ERR_STORE_READ', what: `reading record ${JSON.stringify(name)}` };
  const key = bucket.keyOf(`records/${name}`);
  const answer = await bucket.ask({ method: 'GET', key, expect: [200], missing: 'NoSuchKey', action, signal });
  if (answer.status === 404) return undefined;
  if (isHtml(answer.headers)) throw brokenAnswer(bucket, action, 'answered with a web page, not as S3');
  const content = parseRecord(answer.bytes, name, bucket.settings.address.id);
  const version = tagOf(bucket, answer, action);
  // An object that somebody moved to the name of another one is no record of that name.
  if ('key' in content && nameOfKey(content.key) !== name)
    throw brokenAnswer(bucket, action, 'has another record there');
  return { version, token: content.token, ...('key' in content && { content }) };
}

function tagOf(bucket: S3Bucket, { headers }: S3Answer, action: S3Action): string {
  const tag = bareTag(headers.get('etag') ?? '');
  if (/^[\x21\x23-\x7e]+$/.test(tag)) return tag;
  throw brokenAnswer(bucket, action, 'gave an object no ETag');
}

/** Changes records, each by one conditional write. */
export class Records {
  readonly #bucket: S3Bucket;
  #probed: Promise<void> | undefined;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
  }

  async put(
    key: string,
    value: Uint8Array,
    ifVersion: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Versioned> {
    await this.#probe(signal);
    const name = nameOfKey(key);
    // Each writing of a record is another one, also where the value is the same.
    const token = randomId();
    const write = { name, token, body: recordObject(token, key, value), signal };
    if (ifVersion !== null) return this.#write({ ...write, condition: matching(ifVersion) });
    const created = await this.#write({ ...write, condition: absent });
    if (created !== 'conflict') return created;
    // What is in the way may be what a deleted record left.
    const found = await readRecord(this.#bucket, name, signal);
    if (found === undefined || found.content !== undefined) return 'conflict';
    return this.#write({ ...write, condition: matching(found.version) });
  }

  async delete(key: string, ifVersion: string, signal: AbortSignal | undefined): Promise<boolean | 'conflict'> {
    await this.#probe(signal);
    const name = nameOfKey(key);
    const token = randomId();
    const body = deletedObject(token);
    const written = await this.#write({ name, token, body, condition: matching(ifVersion), signal });
    if (written === 'conflict') {
      const found = await readRecord(this.#bucket, name, signal);
      return found?.content === undefined ? false : 'conflict';
    }
    if (this.#bucket.settings.atomicDelete) {
      const headers = { 'if-match': `"${written.version}"` };
      // The record is deleted already; what stays behind is found by a sweep.
      await removeObject(this.#bucket, `records/${name}`, writing(name), { headers, signal }).catch(() => undefined);
    }
    return true;
  }

  async #write(write: Write): Promise<Versioned> {
    const { name, token, body, condition, signal } = write;
    if (condition === undefined) return 'conflict';
    const answer = await this.#conditional(`records/${name}`, body, condition, writing(name), signal);
    if (answer.status === 200) return { version: tagOf(this.#bucket, answer, writing(name)) };
    if (!answer.retried) return 'conflict';
    // A try whose answer was lost may have written: then it is our own object that is in the way.
    const found = await readRecord(this.#bucket, name, signal);
    return found?.token === token ? { version: found.version } : 'conflict';
  }

  async #conditional(
    name: string,
    body: Uint8Array,
    condition: Readonly<Record<string, string>>,
    action: S3Action,
    signal: AbortSignal | undefined,
  ): Promise<S3Answer> {
    const { recordHeaders } = this.#bucket.settings;
    const headers = { 'content-type': 'application/octet-stream', ...recordHeaders, ...condition };
    const request = { method: 'PUT', key: this.#bucket.keyOf(name), headers, body, action, signal };
    // A 404 says that there is nothing to match, where the bucket is there.
    return this.#bucket.ask({ ...request, expect: [200, 412], missing: 'NoSuchKey' });
  }

  /** Fails where the server does not do what the conditions say. Asked once; a failure is asked again. */
  async #probe(signal: AbortSignal | undefined): Promise<void> {
    // Not with the signal of the one who happens to come first: others wait for it too.
    this.#probed ??= this.#tryConditions();
    const probing = this.#probed;
    await probing.catch((error: unknown) => {
      if (this.#probed === probing) this.#probed = undefined;
      throw error;
    });
    signal?.throwIfAborted();
  }

  async #tryConditions(): Promise<void> {
    const action: S3Action = { code: 'ERR_STORE_WRITE', what: 'trying conditional writes' };
    const tryOne = (condition: Readonly<Record<string, string>>): Promise<S3Answer | undefined> =>
      this.#conditional('conditions', new Uint8Array(), condition, action, undefined).catch(unlessUnknown);
    const first = await tryOne(absent);
    // A page that answers everything with 200 keeps no condition either, and is something else.
    if (first?.status === 200) tagOf(this.#bucket, first, action);
    const second = first?.status === 200 ? await tryOne(absent) : first;
    const third = await tryOne({ 'if-match': '"00000000000000000000000000000000"' });
    if (second?.status === 412 && third?.status === 412) return;
    const { id, host } = this.#bucket.settings.address;
    const header = second?.status === 412 ? 'If-Match' : 'If-None-Match';
    throw new UsageError('ERR_UNSUPPORTED', `${host} ignores ${header}: records are not safe in ${id}`, {
      argument: 'endpoint',
      hint: 'keep the records in another store, or on a server with conditional writes',
    });
  }
}

interface Write {
  readonly name: string;
  readonly token: string;
  readonly body: Uint8Array;
  /** Undefined where nothing can match. */
  readonly condition: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal | undefined;
}

const absent = { 'if-none-match': '*' };

/** S3 says 501 of a header that it does not know: then it is not kept. Any other failure stays one. */
function unlessUnknown(error: unknown): undefined {
  if (error instanceof StoreError && (error.details.status === 501 || error.details.s3Code === 'NotImplemented'))
    return;
  throw error;
}

/** A version that is no ETag is that of no record, and nothing that could be in a header. */
function matching(version: string): Readonly<Record<string, string>> | undefined {
  return /^[\x21\x23-\x7e]{1,200}$/.test(version) ? { 'if-match': `"${version}"` } : undefined;
}

function writing(name: string): S3Action {
  return { code: 'ERR_STORE_WRITE', what: `writing record ${JSON.stringify(name)}` };
}
