import { fromUtf8 } from '../bytes/encoding.ts';
import { UsageError } from '../errors.ts';
import type { CredentialProvider, PasswordCredential } from '../ports/index.ts';
import type { CommandContext, CommandInput } from './context.ts';

/** What a command line says about who asks. */
export interface TypedCredentialOptions {
  readonly username: string;
  /** The password comes from stdin, and nobody is asked for it. */
  readonly passwordStdin: boolean;
}

const maxPasswordBytes = 64 * 1024;

/**
 * Reads the password that belongs to a name: from stdin where that is said, else from a person at a terminal.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where there is none.
 */
export async function readPassword(
  { username, passwordStdin }: TypedCredentialOptions,
  { input, operation }: CommandContext,
): Promise<PasswordCredential> {
  const { signal } = operation;
  if (username === '' || username.includes(':')) throw wrongName();
  const password = passwordStdin
    ? await pipedPassword(input, signal)
    : await askedFor('password', input, { question: 'Password: ', hidden: true, signal });
  if (password === '') throw noPassword('password is empty');
  return { kind: 'password', username, password };
}

/**
 * Asks a person for something.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where nobody can be asked.
 */
export async function askedFor(
  what: 'username' | 'password',
  input: CommandInput | undefined,
  { question, hidden, signal }: { question: string; hidden: boolean; signal: AbortSignal | undefined },
): Promise<string> {
  if (input?.terminal === true) return input.ask(question, { hidden, signal });
  throw what === 'password' ? noPassword('no password was given') : noName();
}

async function pipedPassword(input: CommandInput | undefined, signal: AbortSignal | undefined): Promise<string> {
  if (input === undefined) throw noPassword('there is no stdin to read a password from');
  const bytes = await input.readAll(maxPasswordBytes, signal);
  try {
    return fromUtf8(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw noPassword('password on stdin is not UTF-8', cause);
  }
}

/**
 * The credential of a command line, for the one host that its references name: with two of them nobody could tell for
 * whom it is meant. The password is read when it is wanted first.
 */
export function typedCredentials(
  options: TypedCredentialOptions,
  context: CommandContext,
): { readonly provider: CredentialProvider; bind(host: string): void } {
  let bound: string | undefined;
  let credential: Promise<PasswordCredential> | undefined;
  return {
    bind(name) {
      const host = name.toLowerCase();
      bound ??= host;
      if (bound !== host) throw twoHosts(bound, host);
    },
    provider: ({ host }) => (host === bound ? (credential ??= readPassword(options, context)) : undefined),
  };
}

function twoHosts(one: string, other: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `username was given for one registry, and ${one} and ${other} are named`,
    {
      argument: 'username',
      hint: 'log in to each of them first: packwright login HOST',
    },
  );
}

function wrongName(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'username is empty or has a colon', {
    argument: 'username',
    hint: 'give the password apart from it, with --password-stdin',
  });
}

function noName(): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', 'no username was given', {
    argument: 'username',
    hint: 'add -u NAME',
  });
}

function noPassword(message: string, cause?: unknown): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, {
    argument: 'password-stdin',
    hint: 'pipe the password in, and add --password-stdin',
    ...(cause === undefined ? {} : { cause }),
  });
}
