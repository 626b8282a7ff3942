/*
 * What the test of pushes that are killed runs in another process; see ../../node/child-process.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fsRecordStore } from '../../../../src/adapters/blob-store/fs-record-store.ts';
import { httpRegistry } from '../../../../src/adapters/registry/http.ts';
import { streamFrom } from '../../../../src/bytes/stream.ts';
import { someBytes } from '../../../../src/testing/bytes.ts';
import { descriptorOf } from './blob-registry.ts';

/** Pushes 12 MB to a registry, and stops for ever behind the first `sent` bytes; all of it where that is 0. */
const [host = '', directory = '', sent = '0'] = process.argv.slice(2);
const bytes = someBytes(12_000_000);
const stop = Number(sent);

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 500_000) {
    if (stop > 0 && at >= stop) {
      // What was given out has to be on its way before the end.
      await sleep(500);
      process.stdout.write('ready\n');
      await sleep(60_000);
    }
    yield bytes.slice(at, at + 500_000);
  }
}

const registry = httpRegistry({ host, uploads: fsRecordStore({ directory }) });
const source = { size: bytes.length, open: () => Promise.resolve(streamFrom(chunks())) };
const { created } = await registry.repository('team/app').blob.put(descriptorOf(bytes), source);
process.stdout.write(created ? 'created\n' : 'there\n');
process.exit(0);
