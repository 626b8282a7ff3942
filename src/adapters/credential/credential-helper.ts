import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { StoreError } from '../../errors.ts';
import type { Credential } from '../../ports/credential.ts';
import { malformed } from './config-document.ts';
import type { Environment } from './config-file.ts';

/** A program `docker-credential-NAME`, which keeps credentials where only its user can get at them. */
export interface CredentialHelper {
  /** What stands behind `docker-credential-`. */
  readonly name: string;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

const helperTimeout = 60_000;
const maxOutput = 128 * 1024;
const notFound = 'credentials not found in native keychain';
const tokenUsername = '<token>';

/**
 * The name of a helper, which must be one: it becomes the name of a program.
 *
 * @throws FormatError `ERR_JSON_INVALID`.
 */
export function checkHelperName(name: string, document: string): string {
  if (/^[A-Za-z0-9_.-]{1,100}$/.test(name)) return name;
  throw malformed(
    document,
    'the name of a credential helper has other characters than letters, digits, "_", "." and "-"',
  );
}

/**
 * Asks a helper for the credential of a server; undefined where it has none.
 *
 * @throws StoreError `ERR_STORE_READ` where it cannot be run, fails, or says what cannot be read. Nothing that it printed
 * is in the error.
 */
export async function getFromHelper(helper: CredentialHelper, server: string): Promise<Credential | undefined> {
  const { code, output } = await run(helper, 'get', server);
  if (code !== 0) {
    if (output.trim() === notFound) return undefined;
    throw failed(helper, 'get', `ended with exit code ${code}`);
  }
  const { Username: username, Secret: secret } = answerOf(helper, output);
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failed(helper, 'get', 'did not answer with a name and a secret');
  }
  if (secret === '') return undefined;
  if (username === tokenUsername) return { kind: 'refresh-token', token: secret };
  return { kind: 'password', username, password: secret };
}

/**
 * Gives a credential to a helper to keep.
 *
 * @throws StoreError `ERR_STORE_WRITE`.
 */
export async function storeInHelper(helper: CredentialHelper, server: string, credential: Credential): Promise<void> {
  const isPassword = credential.kind === 'password';
  const Username = isPassword ? credential.username : tokenUsername;
  const Secret = isPassword ? credential.password : credential.token;
  const { code } = await run(helper, 'store', JSON.stringify({ ServerURL: server, Username, Secret }));
  if (code !== 0) throw failed(helper, 'store', `ended with exit code ${code}`);
}

/**
 * Has a helper forget the credential of a server. False where it had none.
 *
 * @throws StoreError `ERR_STORE_WRITE`.
 */
export async function eraseInHelper(helper: CredentialHelper, server: string): Promise<boolean> {
  const { code, output } = await run(helper, 'erase', server);
  if (code !== 0 && output.trim() !== notFound) throw failed(helper, 'erase', `ended with exit code ${code}`);
  return code === 0;
}

type Verb = 'get' | 'store' | 'erase';

interface Ended {
  /** -1 where a signal ended it. */
  readonly code: number;
  readonly output: string;
}

/** Runs a helper, not through a shell, and only as long as a person needs to unlock a keychain. */
async function run(helper: CredentialHelper, verb: Verb, input: string): Promise<Ended> {
  const { name, env, signal } = helper;
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(helperTimeout);
  const ends = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const child = spawn(`docker-credential-${name}`, [verb], { env: { ...env }, windowsHide: true });
  // A helper that ends before it has read its input is judged by what it says.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  child.stderr.resume();
  try {
    return await outcomeOf(child, ends);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) throw failed(helper, verb, `did not end within ${helperTimeout / 1000} seconds`);
    throw failed(
      helper,
      verb,
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not installed' : 'does not run as a helper does',
      error,
    );
  }
}

function outcomeOf(child: ChildProcessWithoutNullStreams, ends: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const stop = (): void => {
      child.kill('SIGKILL');
      // What it started may keep the pipe open.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(new Error('stopped'));
    };
    ends.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk: Uint8Array) => {
      chunks.push(chunk);
      if ((size += chunk.length) > maxOutput) stop();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      ends.removeEventListener('abort', stop);
      resolve({ code: code ?? -1, output: new TextDecoder().decode(concatBytes(chunks)) });
    });
  });
}

function answerOf(helper: CredentialHelper, output: string): Readonly<Record<string, JsonValue | undefined>> {
  try {
    const value = parseJson(output.trim());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, JsonValue>;
  } catch {
    // No cause: it would tell a piece of what was printed.
  }
  throw failed(helper, 'get', 'did not answer with a JSON object');
}

function failed({ name }: CredentialHelper, verb: Verb, problem: string, cause?: unknown): StoreError {
  const program = `docker-credential-${name}`;
  const code = verb === 'get' ? 'ERR_STORE_READ' : 'ERR_STORE_WRITE';
  return new StoreError(code, `credential helper ${program} ${problem}`, {
    store: program,
    hint: `see whether ${program} works when it is run by hand, or take it out of credsStore and credHelpers`,
    ...(cause === undefined ? {} : { cause }),
  });
}
