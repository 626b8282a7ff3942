import type { CommanderError } from 'commander';
import { isPackError, UsageError, type FormatIssue, type PackErrorJson } from '../errors.ts';
import { commandHint } from './command-hint.ts';
import type { ProgramStream } from './program.ts';
import { visible } from './table.ts';

/** Writes what is wrong with a command line, and gives the exit code. */
export function writeUsageError(error: CommanderError, argv: readonly string[], stderr: ProgramStream): number {
  const said = error.code === 'commander.help' ? 'command is missing' : error.message.replace(/^error: /, '');
  const isPassword = error.code === 'commander.unknownOption' && /'(?:-p|--password|--token)/.test(said);
  // What follows the flag may be the password itself.
  const message = isPassword ? 'a password is no flag: every user of the machine could see it' : said;
  const hint = isPassword
    ? 'pipe it in, and add --password-stdin'
    : "run 'packwright --help' for the commands and their flags";
  writeError(new UsageError('ERR_INVALID_ARGUMENT', message, { hint }), argv, stderr);
  return 2;
}

/** Writes an error for a person, or with `--json` as one document. */
export function writeError(error: unknown, argv: readonly string[], stderr: ProgramStream): void {
  const before = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  if (before.includes('--json')) {
    stderr.write(`${JSON.stringify({ error: errorJson(error) })}\n`);
    return;
  }
  stderr.write(`packwright: ${visible(messageOf(error))}\n`);
  if (isPackError(error)) writeIssues(error.details['issues'], stderr);
  const hint = hintOf(error);
  if (hint !== undefined) stderr.write(`hint: ${visible(hint)}\n`);
  if (before.includes('-d') || before.includes('--debug')) writeCauses(error, stderr);
}

const maxShownIssues = 20;

function writeIssues(issues: unknown, stderr: ProgramStream): void {
  if (!Array.isArray(issues)) return;
  for (const { path, message } of (issues as FormatIssue[]).slice(0, maxShownIssues)) {
    stderr.write(`  ${visible(path)}${path === '' ? '' : ': '}${visible(message)}\n`);
  }
  if (issues.length > maxShownIssues) stderr.write(`  and ${issues.length - maxShownIssues} more\n`);
}

function errorJson(error: unknown): Partial<PackErrorJson> {
  const hint = hintOf(error);
  const told = hint === undefined ? {} : { hint };
  if (isPackError(error)) return { ...error.toJSON(), ...told };
  return {
    code: isAborted(error) ? 'ERR_ABORTED' : 'ERR_INTERNAL',
    message: messageOf(error),
    retryable: false,
    ...told,
    details: {},
  };
}

function hintOf(error: unknown): string | undefined {
  if (isPackError(error)) return commandHint(error);
  return isAborted(error) ? 'run it again: what was done is not done twice, and nothing is half done' : undefined;
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'interrupted';
}

function writeCauses(error: unknown, stderr: ProgramStream): void {
  let depth = 0;
  for (let current = error; current instanceof Error && depth < 8; current = current.cause, depth++) {
    stderr.write(
      `${depth === 0 ? '' : 'caused by '}${visible(current.stack ?? current.message).replaceAll('\\u000a', '\n')}\n`,
    );
  }
}
