import { checkOptions } from '../../../bytes/check-options.ts';
import { utf8 } from '../../../bytes/encoding.ts';
import { digestOf, hexOf } from '../../../digest/digest.ts';
import type { ListedRecord, ListRecordsOptions, RecordStore, StoredRecord } from '../../../ports/record-store.ts';
import { checkKey, checkLimit, checkPrefix, checkValue } from '../../memory/record-key.ts';
import type { Attempt } from '../shared/browser-failure.ts';
import { randomId } from '../../../bytes/random-id.ts';
import { openWriter } from './file-writer.ts';
import { moveFile, OpfsFolder, type OpfsStoreOptions } from './folder.ts';

/**
 * The private file system of an origin as a record store: one file per record. A change is a new file that takes the
 * place of the old one, under a Web Lock, so any number of pages and workers may make changes at once.
 *
 * A listing reads the head of every record, whatever its prefix: for many records `indexedDbRecordStore` is faster.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for options that are wrong or unknown. Every verb: `ERR_UNSUPPORTED` where
 * there is no such file system.
 */
export function opfsRecordStore(options: OpfsStoreOptions = {}): RecordStore {
  checkOptions('opfsRecordStore', options, ['directory']);
  const folder = new OpfsFolder(options);
  return {
    get: async (key, { signal } = {}) => {
      signal?.throwIfAborted();
      return read(folder, checkKey(key));
    },
    put: async (key, value, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      const content = checkValue(value).slice();
      return changing(folder, checkKey(key), async (name) => {
        if (((await headOf(folder, name))?.version ?? null) !== ifVersion) return 'conflict';
        return { version: await write(folder, name, key, content) };
      });
    },
    delete: async (key, { ifVersion, signal }) => {
      signal?.throwIfAborted();
      return changing(folder, checkKey(key), async (name) => {
        const version = (await headOf(folder, name))?.version;
        if (version === undefined) return false;
        return version === ifVersion ? folder.remove('records', name) : 'conflict';
      });
    },
    list: (prefix, listing) => list(folder, prefix, listing),
  };
}

/** Any key as a short name in small letters: some browsers keep these files under their names, on any file system. */
function fileName(key: string): string {
  return hexOf(digestOf(utf8(key)));
}

function about(action: 'read' | 'write', key: string): Omit<Attempt, 'store'> {
  return { action, what: `record ${JSON.stringify(key)}` };
}

function changing<T>(folder: OpfsFolder, key: string, run: (name: string) => Promise<T>): Promise<T> {
  const name = fileName(key);
  return folder.run(about('write', key), () => folder.locked(`record ${name}`, () => run(name)));
}

/** Version, key, and the end of the line; what comes after it is the value. */
const longestHead = 32 + 1 + 1024 + 1;

interface Head extends ListedRecord {
  readonly length: number;
  readonly file: File;
}

async function headOf(folder: OpfsFolder, name: string): Promise<Head | undefined> {
  return whole(async () => {
    const file = await folder.file('records', name);
    if (file === undefined) return undefined;
    const [line = ''] = (await file.slice(0, longestHead).text()).split('\n', 1);
    return { version: line.slice(0, 32), key: line.slice(33), length: line.length + 1, file };
  });
}

function read(folder: OpfsFolder, key: string): Promise<StoredRecord | undefined> {
  return folder.run(about('read', key), () =>
    whole(async () => {
      const head = await headOf(folder, fileName(key));
      if (head === undefined) return undefined;
      return { value: new Uint8Array(await head.file.slice(head.length).arrayBuffer()), version: head.version };
    }),
  );
}

/** Reads again where a new version took the place of the file meanwhile. */
async function whole<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

async function write(folder: OpfsFolder, name: string, key: string, value: Uint8Array): Promise<string> {
  const version = randomId();
  const head = utf8(`${version} ${key}\n`);
  const bytes = new Uint8Array(head.length + value.length);
  bytes.set(head);
  bytes.set(value, head.length);
  const temporary = `record-${randomId()}`;
  return folder.locked(temporary, async () => {
    try {
      const file = await folder.create(temporary);
      const writer = await openWriter(file, 0);
      await writer.write(bytes);
      await writer.end(false);
      await moveFile(file, await folder.folder('records'), name);
      return version;
    } catch (error) {
      await folder.remove('tmp', temporary).catch(() => undefined);
      throw error;
    }
  });
}

async function* list(
  folder: OpfsFolder,
  prefix: string,
  { after = '', limit, signal }: ListRecordsOptions = {},
): AsyncGenerator<ListedRecord, void, undefined> {
  const most = checkLimit(limit);
  checkPrefix(prefix);
  const found: ListedRecord[] = [];
  const facts = { action: 'read', what: 'list of records' } as const;
  const names = await folder.run(facts, async () => (await folder.folder('records')).keys());
  for (;;) {
    signal?.throwIfAborted();
    const next = await folder.run(facts, () => names.next());
    if (next.done === true) break;
    const head = await folder.run(facts, () => headOf(folder, next.value));
    if (head?.key.startsWith(prefix) === true && head.key > after) found.push({ key: head.key, version: head.version });
  }
  // Keys are ASCII: the order of their letters is that of their bytes.
  found.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const record of found.slice(0, most)) {
    signal?.throwIfAborted();
    yield record;
  }
}
