/*
 * What the tests run in other processes: `node worker.mjs COMMAND ARGUMENTS…`. It is bundled by child-process.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fsBlobStore, fsRecordStore } from '../../../src/adapters/blob-store/fs.ts';
import { withLock } from '../../../src/adapters/node/folder-lock.ts';
import { fromUtf8, utf8 } from '../../../src/bytes/encoding.ts';
import { bytesSource } from '../../../src/bytes/source.ts';
import { digestOf } from '../../../src/digest/digest.ts';
import { chunkedSource, hangingSource, someBytes } from '../../../src/testing/bytes.ts';

const forever = (): Promise<void> => sleep(1e8);
// A promise alone does not keep a process alive.
setInterval(() => undefined, 1e6);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const commands: Record<string, (...args: string[]) => Promise<unknown>> = {
  /** Adds to a number in a file under a lock, in a way that loses counts when two do it at once. */
  async count(lock = '', file = '', times = '1') {
    for (let done = 0; done < Number(times); done++) {
      await withLock(lock, async () => {
        const before = Number(readFileSync(file, 'utf8'));
        await sleep(Math.random() * 3);
        writeFileSync(file, String(before + 1));
      });
    }
  },
  async holdLock(lock = '') {
    await withLock(lock, async () => {
      say('ready');
      await forever();
    });
  },
  async increment(directory = '', times = '1') {
    const store = fsRecordStore({ directory });
    for (let done = 0; done < Number(times);) {
      const found = await store.get('counter');
      const next = utf8(String(Number(found === undefined ? 0 : fromUtf8(found.value)) + 1));
      if ((await store.put('counter', next, { ifVersion: found?.version ?? null })) !== 'conflict') done++;
    }
  },
  async putMany(directory = '', first = '0', count = '1') {
    const store = fsBlobStore({ directory });
    say('ready');
    for (let index = 0; index < Number(count); index++) {
      const bytes = someBytes(300_000 + index, Number(first) + index + 1);
      await store.put(digestOf(bytes), index % 2 === 0 ? bytesSource(bytes) : chunkedSource(bytes));
    }
  },
  async hangInPut(directory = '') {
    const bytes = someBytes(3_000_000);
    await fsBlobStore({ directory }).put(
      digestOf(bytes),
      hangingSource(bytes, () => say('ready')),
    );
    await forever();
  },
  async hangInLargePut(directory = '', given = '0', size = '0') {
    const bytes = someBytes(Number(size));
    const source = hangingSource(bytes.subarray(0, Number(given)), () => setTimeout(() => say('ready'), 300));
    await fsBlobStore({ directory }).put(digestOf(bytes), { ...source, size: bytes.length });
    await forever();
  },
  async hangInIngest(directory = '', size = '1000') {
    const ingest = await fsBlobStore({ directory }).ingest?.();
    await ingest?.append(bytesSource(someBytes(Number(size))));
    say(ingest?.id ?? '');
    await forever();
  },
  async putAsNobody(directory = '') {
    process.seteuid?.(65534);
    try {
      await fsBlobStore({ directory }).put(digestOf(utf8('x')), bytesSource(utf8('x')));
      say('no error');
    } catch (error) {
      say(JSON.stringify(error));
    }
  },
};

const [command = '', ...args] = process.argv.slice(2);
await commands[command]?.(...args);
process.exit(0);
