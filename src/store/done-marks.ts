import { canonicalJson } from '../bytes/canonical-json.ts';
import { randomId } from '../bytes/random-id.ts';
import { equalBytes } from '../bytes/equal-bytes.ts';
import { parseJson } from '../bytes/json.ts';
import { isDigest, type Digest } from '../digest/digest.ts';
import { StoreError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { unreadableRecord } from './json-record.ts';
import { removeRecords } from './remove-records.ts';

/** Digests in one record: few enough to write it again with each few of them, many enough that a list stays short. */
const perRecord = 500;

/** How often a record is written that has changed. */
const maxAttempts = 3;

/**
 * Blobs that a migration is done with, noted in records as they come: whoever goes on after a kill need not look at
 * them again. Several runs at once write records of their own, and read those of all.
 */
export class DoneMarks {
  readonly #records: RecordStore;
  readonly #prefix: string;
  readonly #options: OperationOptions;
  readonly #done = new Set<Digest>();
  readonly #token = randomId(8);
  #waiting: Digest[] = [];
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #written: Digest[] = [];
  #version: string | null = null;
  #number = 0;

  private constructor(records: RecordStore, prefix: string, options: OperationOptions) {
    this.#records = records;
    this.#prefix = `${prefix}done/`;
    this.#options = options;
  }

  /** Reads what former runs noted. */
  static async load(records: RecordStore, prefix: string, options: OperationOptions): Promise<DoneMarks> {
    const marks = new DoneMarks(records, prefix, options);
    for await (const { key } of records.list(marks.#prefix, options)) {
      const record = await records.get(key, options);
      for (const digest of record === undefined ? [] : parseMarks(key, record.value)) marks.#done.add(digest);
    }
    return marks;
  }

  /** Every digest that was noted, in this run or before. */
  get done(): ReadonlySet<Digest> {
    return this.#done;
  }

  /** Notes a blob; whoever comes while a record is written shares the next one. Returns when it is written. */
  add(digest: Digest): Promise<void> {
    this.#done.add(digest);
    this.#waiting.push(digest);
    if (this.#next === undefined) {
      // One that failed does not fail the next, which writes what it had to write, too.
      this.#next = this.#last.catch(() => undefined).then(() => this.#write());
      this.#last = this.#next;
    }
    return this.#next;
  }

  async #write(): Promise<void> {
    this.#next = undefined;
    if (this.#written.length >= perRecord) this.#turnPage();
    this.#written.push(...this.#waiting.splice(0));
    await this.#put(`${this.#prefix}${this.#token}-${this.#number}`, canonicalJson(this.#written));
  }

  /** Nobody else writes a record of this run: a conflict is with its own write, whose answer was lost. */
  async #put(key: string, value: Uint8Array): Promise<void> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const written = await this.#records.put(key, value, { ...this.#options, ifVersion: this.#version });
      if (written !== 'conflict') {
        this.#version = written.version;
        return;
      }
      const record = await this.#records.get(key, this.#options);
      if (record === undefined) break;
      this.#version = record.version;
      if (equalBytes(record.value, value)) return;
    }
    throw new StoreError('ERR_CONFLICT', `record ${JSON.stringify(key)} was changed by somebody else`, {
      retryable: true,
      hint: 'another run of this migration came to its end meanwhile: run it again',
    });
  }

  #turnPage(): void {
    this.#written = [];
    this.#version = null;
    this.#number++;
  }

  /** Removes the records, of all runs. */
  clear(): Promise<void> {
    return removeRecords(this.#records, this.#prefix, this.#options);
  }
}

function parseMarks(key: string, bytes: Uint8Array): Digest[] {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    throw unreadableRecord(key, cause);
  }
  if (Array.isArray(value) && value.every(isDigest)) return value;
  throw unreadableRecord(key);
}
