import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { entry } from '../../tsup.config.ts';
import { root } from './source-tree.ts';

const files = Object.values(entry).map((source) => join(root, source));
const program = ts.createProgram(files, {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  noLib: true,
  types: [],
});
const checker = program.getTypeChecker();

/** `parseDigest` for a value, `type Digest` for what is gone when the program runs. */
function lineOf(symbol: ts.Symbol): string {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return (target.flags & ts.SymbolFlags.Value ? '' : 'type ') + symbol.name;
}

function exportedBy(file: string): string[] {
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  return module === undefined ? [] : checker.getExportsOfModule(module).map(lineOf).sort();
}

describe('the public names', () => {
  it('are those that were agreed on; after a change on purpose run vitest with -u', async () => {
    const sections = Object.entries(entry).map(([name, source]) => {
      const subpath = name === 'index' ? 'packwright' : `packwright/${name}`;
      return [subpath, ...exportedBy(join(root, source)).map((line) => `  ${line}`)].join('\n');
    });
    await expect(`${sections.join('\n\n')}\n`).toMatchFileSnapshot('api.txt');
  });

  it('are never a default export', () => {
    expect(files.filter((file) => exportedBy(file).includes('default'))).toEqual([]);
  });
});
