import { readFileSync, unlinkSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { checkDirectory, checkOptions } from '../../bytes/check-options.ts';
import { utf8 } from '../../bytes/encoding.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { digestOf, hexOf } from '../../digest/digest.ts';
import { StoreError } from '../../errors.ts';
import type { ListedRecord, ListRecordsOptions, RecordStore, StoredRecord } from '../../ports/record-store.ts';
import { replaceFile } from '../node/atomic-file.ts';
import { isErrno, orStoreFailure, type FailureFacts } from '../node/failure.ts';
import { withLock } from '../node/folder-lock.ts';
import { Folders, removeEmptyFolder } from '../node/folders.ts';
import { sweepTemporary } from '../node/temporary.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from '../memory/record-key.ts';
import { pathOfKey, recordKeys } from './record-path.ts';

/** Where a record store on disk lies, and how it keeps its records. */
export interface FsRecordStoreOptions {
  /** The folder of the store; it may be that of a blob store. Made when the first record is written. */
  readonly directory: string;
  /** Flushes each record and its folder to the disk before `put` returns. False by default. */
  readonly durable?: boolean | undefined;
}

interface RecordFolder {
  readonly id: string;
  readonly records: string;
  readonly locks: string;
  readonly temporary: string;
  readonly durable: boolean;
  swept: boolean;
}

/**
 * A folder as a record store: one file per record, replaced by rename under a lock that other processes honour, so
 * that compare-and-set is exact among all of them. Reading takes no lock. Each value is checked when it is read.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are missing or unknown.
 */
export function fsRecordStore(options: FsRecordStoreOptions): RecordStore {
  checkOptions('fsRecordStore', options, ['directory', 'durable']);
  const { durable = false } = options;
  const directory = checkDirectory('fsRecordStore', options.directory);
  const folder: RecordFolder = {
    id: `fs:${directory}`,
    records: resolve(directory, 'records'),
    locks: join(directory, 'locks'),
    temporary: join(directory, 'tmp'),
    durable,
    swept: false,
  };
  return {
    get: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      checkKey(key);
      return orStoreFailure(facts(folder, 'read', key), () => readRecord(folder, key));
    },
    put: async (key, value, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      const own = new Uint8Array(checkValue(value));
      return changing<{ version: string } | 'conflict'>(folder, key, signal, (found) =>
        (found?.version ?? null) === ifVersion ? writeRecord(folder, key, own) : 'conflict',
      );
    },
    delete: async (key, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      return changing<boolean | 'conflict'>(folder, key, signal, (found) => {
        if (found === undefined) return false;
        return found.version === ifVersion ? removeRecord(folder, key) : 'conflict';
      });
    },
    list: (prefix, listing) => list(folder, prefix, listing),
  };
}

function facts(folder: RecordFolder, action: FailureFacts['action'], key: string): FailureFacts {
  return { store: folder.id, action, what: `record ${JSON.stringify(key)}`, place: folder.records };
}

/** Runs a change of a record while nobody else, in any process, changes it. */
async function changing<T>(
  folder: RecordFolder,
  key: string,
  signal: AbortSignal | undefined,
  change: (found: StoredRecord | undefined) => T | Promise<T>,
): Promise<T> {
  checkKey(key);
  const lock = join(folder.locks, `${hexOf(digestOf(utf8(key))).slice(0, 32)}.lock`);
  const run = (): T | Promise<T> => {
    if (!folder.swept) sweepTemporary(folder.temporary, { prefix: 'put-' });
    folder.swept = true;
    return change(readRecord(folder, key));
  };
  const folders = new Folders();
  try {
    return await orStoreFailure(facts(folder, 'write', key), () => {
      folders.make(folder.locks);
      return withLock(lock, run, { signal });
    });
  } finally {
    removeEmptyFolder(folder.locks);
    folders.removeEmpty();
  }
}

/** Version in front: 16 random digits, so that no version comes back, and the digest of the value, which is checked. */
async function writeRecord(folder: RecordFolder, key: string, value: Uint8Array): Promise<{ version: string }> {
  const version = randomBytes(8).toString('hex') + hexOf(digestOf(value));
  const path = join(folder.records, pathOfKey(key));
  const { temporary, durable } = folder;
  const folders = new Folders();
  try {
    await replaceFile(path, concatBytes([utf8(`${version}\n`), value]), { temporary, durable, folders });
  } catch (error) {
    folders.removeEmpty();
    throw error;
  } finally {
    removeEmptyFolder(temporary);
  }
  return { version };
}

function removeRecord(folder: RecordFolder, key: string): boolean {
  const path = join(folder.records, pathOfKey(key));
  unlinkSync(path);
  let above = dirname(path);
  while (above.length >= folder.records.length && removeEmptyFolder(above)) above = dirname(above);
  return true;
}

const versionLength = 80;

function readRecord(folder: RecordFolder, key: string): StoredRecord | undefined {
  let content: Buffer;
  try {
    content = readFileSync(join(folder.records, pathOfKey(key)));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const version = content.toString('latin1', 0, versionLength);
  const value = new Uint8Array(content.subarray(versionLength + 1));
  if (version.slice(16) !== hexOf(digestOf(value))) throw damaged(folder, key);
  return { version, value };
}

function damaged(folder: RecordFolder, key: string): StoreError {
  return new StoreError('ERR_STORE_READ', `record ${JSON.stringify(key)} is damaged`, {
    store: folder.id,
    hint: `remove ${join(folder.records, pathOfKey(key))}`,
  });
}

async function* list(
  folder: RecordFolder,
  prefix: string,
  options: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  const { after, signal } = options;
  let left = checkLimit(options.limit);
  const keys = recordKeys(folder.records, { prefix: checkPrefix(prefix), after });
  while (left > 0) {
    signal?.throwIfAborted();
    const key = await orStoreFailure(facts(folder, 'read', prefix), () => keys.next().value);
    if (key === undefined) return;
    const found = await orStoreFailure(facts(folder, 'read', key), () => readRecord(folder, key));
    if (found === undefined) continue;
    left--;
    yield { key, version: found.version };
  }
}
