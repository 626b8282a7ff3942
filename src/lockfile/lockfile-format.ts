import { isPackError } from '../errors.ts';
import { parseJson } from '../bytes/json.ts';

/** The formats that are told apart. Only npm's is read so far. */
export type LockfileFormat = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'deno' | 'conduit';

/** The names that lockfiles go by, and the format that goes with each. */
export const lockfileNames: ReadonlyMap<string, LockfileFormat> = new Map([
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['deno.lock', 'deno'],
]);

/** True for a file name that only lockfiles have. Such a file is read as one or refused, never packed as a plain file. */
export function isLockfileName(name: string): boolean {
  return lockfileNames.has(name);
}

/** True for bytes that begin as a lockfile of any known format does, also one that is not supported or broken off. */
export function looksLikeLockfile(bytes: Uint8Array): boolean {
  return formatOf(bytes) !== undefined;
}

/** As much of a file as is looked at for the signs below. */
const headBytes = 64 * 1024;

const signs: readonly (readonly [LockfileFormat, RegExp])[] = [
  ['yarn', /^# yarn lockfile v\d/m],
  ['yarn', /^__metadata:/m],
  ['pnpm', /^lockfileVersion:/m],
  ['conduit', /^kind:[ \t]*["']?(?:LockFile|ManifestLock)\b/m],
  ['bun', /^#!\/usr\/bin\/env bun\nbun-lockfile-format-/],
];

/** The format that the content of a file shows; undefined where it shows none. */
export function formatOf(bytes: Uint8Array): LockfileFormat | undefined {
  const head = new TextDecoder().decode(bytes.subarray(0, headBytes));
  if (/^\s*\{/.test(head)) return jsonFormat(bytes, head);
  return signs.find(([, sign]) => sign.test(head))?.[0];
}

function jsonFormat(bytes: Uint8Array, head: string): LockfileFormat | undefined {
  if (/^\s*\{\s*"lockfileVersion"\s*:\s*\d+\s*,\s*(?:"configVersion"\s*:\s*\d+\s*,\s*)?"workspaces"\s*:/.test(head)) {
    return 'bun';
  }
  // npm writes its version before anything that nests: that much of a broken file is enough to know it.
  if (/^\s*\{[^{}[\]]*"lockfileVersion"\s*:/.test(head)) return 'npm';
  if (/^\s*\{\s*"version"\s*:\s*"\d+"\s*,\s*"(?:specifiers|npm|jsr|remote|redirects|packages|workspace)"/.test(head)) {
    return 'deno';
  }
  return hasLockfileVersion(bytes) ? 'npm' : undefined;
}

/** A tool that sorts keys moves `lockfileVersion` behind `dependencies`. */
function hasLockfileVersion(bytes: Uint8Array): boolean {
  try {
    const value = parseJson(bytes, { maxDepth: 512 });
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'lockfileVersion');
  } catch (error) {
    if (isPackError(error)) return false;
    throw error;
  }
}
