import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkDirectory, checkObject, checkOptions } from '../../bytes/check-options.ts';
import { FormatError, UsageError } from '../../errors.ts';
import { isErrno } from '../node/failure.ts';
import { parseConfigDocument, type ConfigDocument } from './config-document.ts';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where credentials are looked for. */
export interface ConfigPlace {
  readonly env: Environment;
  /** The user's home folder. */
  readonly home: string;
  /** A file to use in place of those of docker and podman. */
  readonly file?: string | undefined;
}

/**
 * Where credentials are looked for, whatever the types say.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT`.
 */
export function checkPlace(what: string, place: ConfigPlace): ConfigPlace {
  checkOptions(what, place, ['env', 'home', 'file']);
  const { env, home, file } = place;
  checkObject('env', env);
  if (file === undefined || file === '') checkDirectory('home', home);
  return { env, home, file: file === '' ? undefined : file };
}

/** The files that may hold credentials, in the order in which they are asked. */
export function configFiles(place: ConfigPlace): readonly string[] {
  const { env, home, file } = place;
  if (file !== undefined) return [file];
  const named = env['REGISTRY_AUTH_FILE'] ?? '';
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    ...(named === '' ? [] : [named]),
    dockerConfigFile(place),
    ...(runtime === '' ? [] : [join(runtime, 'containers', 'auth.json')]),
    join(config, 'containers', 'auth.json'),
  ];
}

/** The file that docker writes. */
export function dockerConfigFile({ env, home }: ConfigPlace): string {
  return join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json');
}

/** Reads a file; undefined where there is none. */
export function readConfigFile(path: string): ConfigDocument | undefined {
  const text = readConfigText(path);
  return text === undefined ? undefined : parseConfigDocument(text, nameOf(path));
}

/** A file of credentials as errors name it. */
export function nameOf(path: string): string {
  return `credential file ${JSON.stringify(path)}`;
}

const maxBytes = 4 * 1024 * 1024;

/**
 * The text of a file; undefined where there is none.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where it cannot be read; FormatError `ERR_LIMIT_EXCEEDED`.
 */
export function readConfigText(path: string): string | undefined {
  try {
    if (statSync(path).size > maxBytes) throw tooLarge(path);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (isErrno(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    if (!isErrno(cause)) throw cause;
    throw new UsageError('ERR_INVALID_ARGUMENT', `${nameOf(path)} cannot be read: ${cause.code}`, {
      cause,
      argument: 'file',
      hint: 'give the user that runs this the right to read it',
    });
  }
}

function tooLarge(path: string): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${nameOf(path)} is larger than ${maxBytes} bytes`);
}
