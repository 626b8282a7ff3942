import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../adapters/credential/docker-config.ts';
import { UsageError } from '../errors.ts';
import { parseNpmrc, type NpmrcValue } from './npmrc.ts';

/** Where npm's settings are looked for. */
export interface SettingsPlace {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: string;
  /** The node that npm belongs to: the global file is beside it. */
  readonly execPath: string;
}

/** npm's settings from all places, the first that has one decides. */
export interface NpmSettings {
  text(key: string): string | undefined;
  list(key: string): readonly string[];
  /** Every key that is set somewhere. */
  keys(): ReadonlySet<string>;
}

/**
 * Gathers npm's settings as npm does: the environment, then the npmrc files of the project, the user and all users.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for a file that is there and cannot be read. No value of it is in the error.
 */
export function npmSettings(place: SettingsPlace): NpmSettings {
  const layers: ReadonlyMap<string, NpmrcValue>[] = [environmentSettings(place.env)];
  const find = (key: string): NpmrcValue | undefined => layers.find((layer) => layer.has(key))?.get(key);
  const text = (key: string): string | undefined => {
    const value = find(key);
    const last = typeof value === 'string' ? value : value?.at(-1);
    return last === '' || last === 'null' || last === 'undefined' ? undefined : last;
  };
  const project = join(projectFolder(place.cwd), '.npmrc');
  const layerOf = (path: string): ReadonlyMap<string, NpmrcValue> => readNpmrc(path, place.env);
  const projectLayer = layerOf(project);
  layers.push(projectLayer);
  const user = pathOf(text('userconfig') ?? '~/.npmrc', place);
  // In the home folder the user's file is also the project's, and counts as the user's.
  if (user !== project) layers.push(layerOf(user));
  const prefix = text('prefix') ?? place.env['PREFIX'] ?? dirname(dirname(place.execPath));
  layers.push(layerOf(pathOf(text('globalconfig') ?? join(prefix, 'etc', 'npmrc'), place)));
  return {
    text,
    keys: () => new Set(layers.flatMap((layer) => [...layer.keys()])),
    list(key) {
      const value = find(key);
      if (value === undefined || value === '' || value === 'null') return [];
      return typeof value === 'string' ? [value] : value;
    },
  };
}

/** A path among the settings: `~/` is the home folder, and what is relative starts from the current one. */
export function pathOf(value: string, place: { readonly cwd: string; readonly home: string }): string {
  return /^~[\\/]/.test(value) ? resolve(place.home, value.slice(2)) : resolve(place.cwd, value);
}

function environmentSettings(env: Environment): ReadonlyMap<string, NpmrcValue> {
  const settings = new Map<string, NpmrcValue>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || !/^npm_config_/i.test(name)) continue;
    const key = name.slice('npm_config_'.length);
    settings.set(key.startsWith('//') ? key : key.replace(/(?!^)_/g, '-').toLowerCase(), value);
  }
  return settings;
}

/** npm's rule: the nearest folder, from here upward, that has a `package.json` or a `node_modules`. */
function projectFolder(cwd: string): string {
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) || existsSync(join(folder, 'node_modules'))) return folder;
    if (dirname(folder) === folder) return resolve(cwd);
  }
}

function readNpmrc(path: string, env: Environment): ReadonlyMap<string, NpmrcValue> {
  try {
    return parseNpmrc(readFileSync(path, 'utf8'), env);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return new Map();
    throw new UsageError('ERR_INVALID_ARGUMENT', `npm configuration ${JSON.stringify(path)} cannot be read: ${code}`, {
      cause,
      argument: 'npmrc',
    });
  }
}
