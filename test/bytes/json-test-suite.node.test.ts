import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/bytes/json.ts';
import { isPackError } from '../../src/errors.ts';
import { vectors } from '../vectors.ts';

const { path: folder, found, skipped } = vectors('json-test-suite', 'JSONTestSuite');
// The suite calls these valid. They are refused on purpose: readers do not agree on which of the two members counts.
const refusedOnPurpose = ['y_object_duplicated_key.json', 'y_object_duplicated_key_and_value.json'];

function accepts(name: string): boolean {
  try {
    parseJson(readFileSync(`${folder}/${name}`));
    return true;
  } catch (error) {
    if (!isPackError(error)) throw error;
    return false;
  }
}

describe('JSONTestSuite', () => {
  it.skipIf(skipped)('has all its 318 texts beside the repository', () => {
    expect(found && readdirSync(folder).filter((name) => name.endsWith('.json')).length).toBe(318);
  });

  const names = found ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const expected = (name: string): boolean => name.startsWith('y_') && !refusedOnPurpose.includes(name);

  it.each(names.filter((name) => name.startsWith('y_') || name.startsWith('n_')))('%s', (name) => {
    expect(accepts(name)).toBe(expected(name));
  });

  it.each(names.filter((name) => name.startsWith('i_')))('%s is read or refused with an error of ours', (name) => {
    expect(typeof accepts(name)).toBe('boolean');
  });
});
