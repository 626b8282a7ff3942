import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The folder that holds package.json. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Every TypeScript file below `folder`, as paths from the root with `/`, sorted. */
export function typescriptFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .sort();
}

/** One module that a file names, and where it leads when it is a file of ours. */
export interface Import {
  readonly specifier: string;
  readonly target: string | undefined;
}

/** Every module that `file` imports or re-exports: statically, as a type, or with import(). */
export function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => ({
    specifier,
    target: specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : undefined,
  }));
}

/** The names in `forbidden` that `file` uses as values: not as property names, not in comments, not in types. */
export function globalsUsed(file: string, forbidden: ReadonlySet<string>): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && forbidden.has(node.text) && isFreeName(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isFreeName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  const named = ts.isPropertySignature(parent) || ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent);
  return !(named && parent.name === node);
}

const notOurs = /(^|\/)(node_modules|dist|coverage|docs-out|\.git|\.demo)(\/|$)|\.tgz$/;

/** Every file of the project, as paths from the root: not what was installed or built. */
export function committedFiles(folder = '.'): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name).replaceAll('\\', '/');
    if (notOurs.test(path)) return [];
    return item.isDirectory() ? committedFiles(path) : item.isFile() ? [path] : [];
  });
}
