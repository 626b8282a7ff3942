import { describe, expect, it } from 'vitest';
import { page } from './page.ts';
import { groups } from './rows.ts';
import { table } from './table.ts';
import { quirks } from '../../src/testing/quirk-registry.ts';

// To write the page anew after a change of the table or of a quirk: npx vitest run test/quirks/page -u

describe('docs/quirks.md', () => {
  it('says what the table says', async () => {
    await expect(page()).toMatchFileSnapshot('../../docs/quirks.md');
  });

  it('has every quirk, and the table no row besides', () => {
    const rows = groups.flatMap((group) => group.rows);
    expect(new Set(rows.flatMap((row) => row.quirks))).toEqual(new Set(quirks.map(({ name }) => name)));
    const names = rows.map(({ name }) => name);
    expect(Object.keys(table).filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
