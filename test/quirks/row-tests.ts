import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome.ts';
import { groups } from './rows.ts';
import { expected, table } from './table.ts';
import { verbNames } from './verbs.ts';

/** Every cell of some groups of the table is a test. */
export function testRows(...titles: readonly string[]): void {
  for (const { title, rows } of groups.filter((group) => titles.includes(group.title))) {
    describe.each(rows)(`${title}: $name`, (row) => {
      it.each(verbNames)(
        '%s',
        async (verb) => {
          expect(await outcomeOf(row, verb)).toBe(expected(table[row.name], verb));
        },
        30_000,
      );
    });
  }
}
