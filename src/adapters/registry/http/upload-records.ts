import { utf8 } from '../../../bytes/encoding.ts';
import { digestOf, hexOf, type Digest } from '../../../digest/digest.ts';
import { parseHttpUrl } from '../../../http/redact-url.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RecordStore } from '../../../ports/record-store.ts';
import type { UploadSession, UploadTarget } from './upload-session.ts';

/** Remembers the upload of one blob, so that another process can go on with it. */
export interface UploadRecord {
  /** The upload that a former process has left. */
  find(): Promise<UploadSession | undefined>;
  /** Remembers an upload. False where another process has remembered one meanwhile, which stays. */
  save(session: UploadSession): Promise<boolean>;
  /** Forgets the upload that was found or saved. */
  remove(): Promise<void>;
}

/** The record of the upload of a digest. Its key is a hash, because hosts and names may be long. */
export function uploadRecord(
  store: RecordStore,
  { connection, repository }: UploadTarget,
  digest: Digest,
  { signal }: OperationOptions,
): UploadRecord {
  const about = { registry: connection.id, repository, digest };
  const key = `uploads/${hexOf(digestOf(utf8(`${connection.id}/${repository}@${digest}`)))}`;
  let version: string | null = null;
  return {
    async find() {
      const found = await store.get(key, { signal });
      if (found === undefined) return undefined;
      version = found.version;
      return parseRecord(found.value, about);
    },
    async save({ location, minBytes }) {
      const value = utf8(JSON.stringify({ ...about, location: location.href, minBytes }));
      const put = await store.put(key, value, { ifVersion: version, signal });
      if (put === 'conflict') return false;
      version = put.version;
      return true;
    },
    async remove() {
      // Also after an abort: nothing is to be left of an upload that is over.
      if (version !== null) await store.delete(key, { ifVersion: version });
      version = null;
    },
  };
}

/** What a record says; undefined for one that is damaged or about something else. */
function parseRecord(value: Uint8Array, about: Readonly<Record<string, string>>): UploadSession | undefined {
  let record: Record<string, unknown>;
  try {
    record = { ...(JSON.parse(new TextDecoder().decode(value)) as Record<string, unknown>) };
  } catch {
    return undefined;
  }
  const { location, minBytes } = record;
  const url = typeof location === 'string' ? parseHttpUrl(location) : undefined;
  const isOurs = Object.entries(about).every(([key, text]) => record[key] === text);
  if (url === undefined || !isOurs || !Number.isSafeInteger(minBytes)) return undefined;
  return { location: url, offset: 0, minBytes: minBytes as number };
}
