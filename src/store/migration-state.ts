import { randomId } from '../bytes/random-id.ts';
import { StoreError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { RecordStore } from '../ports/record-store.ts';
import { readJsonRecord, unreadableRecord, writeJsonRecord, type JsonRecord } from './json-record.ts';
import { removeRecords } from './remove-records.ts';

/** The migration that several runs, one after the other or at once, bring to its end. */
export interface MigrationState {
  /** The prefix of the records of this migration alone. */
  readonly prefix: string;
  /** True where a former run began it. */
  readonly resumed: boolean;
  /** Fails when somebody else ended the migration, or began another one: then nothing more may be deleted. */
  confirm(): Promise<void>;
  /** Notes that all is done. */
  end(): Promise<void>;
}

/** The stores of a migration, by name. */
export interface MigrationNames {
  readonly from: string;
  readonly to: string;
}

/**
 * Takes up a migration where a killed run left it, or begins one.
 *
 * @throws StoreError `ERR_CONFLICT` where one between other stores was begun and not ended.
 */
export async function openMigration(
  records: RecordStore,
  id: string,
  names: MigrationNames,
  options: OperationOptions,
): Promise<MigrationState> {
  const key = `migrations/${id}/state`;
  for (;;) {
    const current = await readJsonRecord(records, key, options);
    if (current !== undefined && current.value['ended'] !== true) {
      return stateOf({ records, id, key, names, run: runOf(key, id, current, names), options }, true);
    }
    // A run that was killed at its very end left its notes: this is the last time that anybody knows where.
    if (typeof current?.value['run'] === 'string')
      await removeRecords(records, prefixOf(id, current.value['run']), options);
    const run = randomId(8);
    const value = { ...names, run, ended: false };
    const written = await writeJsonRecord(records, key, value, current?.version ?? null, options);
    if (written !== undefined) return stateOf({ records, id, key, names, run, options }, false);
  }
}

function prefixOf(id: string, run: string): string {
  return `migrations/${id}/${run}/`;
}

interface StateParts {
  readonly records: RecordStore;
  readonly id: string;
  readonly key: string;
  readonly names: MigrationNames;
  readonly run: string;
  readonly options: OperationOptions;
}

function runOf(key: string, id: string, { value }: JsonRecord, names: MigrationNames): string {
  const { run, from, to } = value;
  if (typeof run !== 'string' || typeof from !== 'string' || typeof to !== 'string') throw unreadableRecord(key);
  if (from === names.from && to === names.to) return run;
  throw new StoreError('ERR_CONFLICT', `migration ${id} from ${from} to ${to} has not come to its end`, {
    hint: `run it once more; to give it up, remove the record ${JSON.stringify(key)}`,
    details: { from, to },
  });
}

function stateOf(parts: StateParts, resumed: boolean): MigrationState {
  const { records, id, key, names, run, options } = parts;
  const isOurs = (record: JsonRecord | undefined): record is JsonRecord =>
    record?.value['run'] === run && record.value['ended'] !== true;
  return {
    prefix: prefixOf(id, run),
    resumed,
    confirm: async () => {
      if (!isOurs(await readJsonRecord(records, key, options))) throw endedElsewhere(id);
    },
    end: async () => {
      const current = await readJsonRecord(records, key, options);
      if (!isOurs(current)) return;
      await writeJsonRecord(records, key, { ...names, run, ended: true }, current.version, options);
    },
  };
}

function endedElsewhere(id: string): StoreError {
  return new StoreError('ERR_CONFLICT', `migration ${id} was brought to its end by somebody else`, {
    hint: 'nothing is lost; run it again to see what is left',
    retryable: true,
  });
}
