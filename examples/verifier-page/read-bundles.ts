import { isPackError, type PackErrorCode } from 'packwright';
import { parseBundle, type Bundle } from 'packwright/attest';

/** A bundle in a file, or why there is none. */
export type ReadBundle = FoundBundle | UnreadBundle;

export interface FoundBundle {
  readonly origin: string;
  readonly bundle: Bundle;
}

export interface UnreadBundle {
  readonly origin: string;
  readonly code: PackErrorCode;
  readonly message: string;
}

/** As many as packwright looks at for one artifact; each of them may have 16 MiB. */
const maxBundles = 100;
const maxFileBytes = 128 * 1024 * 1024;

/** Reads every bundle of every file: one in a `.json`, one on each line of a `.jsonl`. */
export async function readBundles(files: readonly File[]): Promise<ReadBundle[]> {
  const found: ReadBundle[] = [];
  for (const file of files) {
    if (file.size > maxFileBytes) found.push(beyond(file.name, `file has more than ${maxFileBytes} bytes`));
    else for (const document of await documentsOf(file)) found.push(readBundle(document));
    if (found.length > maxBundles) {
      return [...found.slice(0, maxBundles), beyond(file.name, `there are more than ${maxBundles} bundles`)];
    }
  }
  return found;
}

interface BundleDocument {
  readonly origin: string;
  readonly content: Uint8Array | string;
}

async function documentsOf(file: File): Promise<BundleDocument[]> {
  const content = new Uint8Array(await file.arrayBuffer());
  const lines = linesOf(content).filter((line) => line.trim() !== '');
  if (lines.length < 2 || !isDocument(lines[0] ?? '')) return [{ origin: file.name, content }];
  return lines.map((line, index) => ({ origin: `${file.name}, line ${index + 1}`, content: line }));
}

/** None where the bytes are no text: they are one document then, which cannot be read. */
function linesOf(content: Uint8Array): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content).split('\n');
  } catch {
    return [];
  }
}

/** The first line of a document that is spread over lines is none by itself. */
function isDocument(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

function readBundle({ origin, content }: BundleDocument): ReadBundle {
  try {
    return { origin, bundle: parseBundle(content) };
  } catch (error) {
    if (isPackError(error)) return { origin, code: error.code, message: error.message };
    throw error;
  }
}

function beyond(origin: string, message: string): UnreadBundle {
  return { origin, code: 'ERR_LIMIT_EXCEEDED', message };
}
