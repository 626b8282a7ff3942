import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseJson, type JsonValue } from '../bytes/json.ts';
import { UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/** Annotations by what they belong to: `$manifest`, or the path of a file in the pack. */
export type AnnotationSets = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Reads `--annotation k=v` (for the manifest) over `--annotation-file` (for the manifest and for files, as oras has it).
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`; FormatError `ERR_JSON_INVALID`.
 */
export async function readAnnotations(
  pairs: readonly string[] | undefined,
  file: string | undefined,
  context: CommandContext,
): Promise<AnnotationSets> {
  const sets = file === undefined ? {} : checkSets(parseJson(await readFile(resolve(context.cwd, file))), file);
  if (pairs === undefined) return sets;
  return { ...sets, $manifest: { ...sets['$manifest'], ...Object.fromEntries(pairs.map(parsePair)) } };
}

function parsePair(pair: string): [string, string] {
  const equals = pair.indexOf('=');
  if (equals > 0) return [pair.slice(0, equals), pair.slice(equals + 1)];
  throw new UsageError('ERR_INVALID_ARGUMENT', `annotation ${JSON.stringify(pair)} is not KEY=VALUE`, {
    argument: 'annotation',
  });
}

function checkSets(value: JsonValue, file: string): AnnotationSets {
  const sets = Object.entries(recordOf(value, file)).map(([name, set]) => {
    const entries = Object.entries(recordOf(set, file)).map(([key, text]) => {
      if (typeof text !== 'string') throw notAnnotations(file);
      return [key, text] as const;
    });
    return [name, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(sets);
}

function recordOf(value: JsonValue, file: string): Readonly<Record<string, JsonValue>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notAnnotations(file);
  return value as Readonly<Record<string, JsonValue>>;
}

function notAnnotations(file: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `annotation file ${JSON.stringify(file)} has another shape than expected`,
    {
      argument: 'annotation-file',
      hint: 'write {"$manifest": {"key": "value"}, "path/of/file": {"key": "value"}}',
    },
  );
}
