import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodeOf } from '../errors/exit-code.ts';
import type { CommandOutput, CommandSpec, FlagSpec, FlagValues } from './command.ts';
import { loadCommands } from './commands/load.ts';
import type { CommandContext } from './context.ts';
import { progressRenderer } from './progress.ts';
import { openRegistries } from './registries.ts';
import { registryFlags, registryOptions } from './registry-flags.ts';
import { writeError, writeUsageError } from './write-error.ts';

/** Everything that the program touches of the process that it runs in. */
export interface ProgramHost extends Omit<CommandContext, 'operation' | 'info' | 'registries'> {
  readonly signal?: AbortSignal | undefined;
  readonly stdout: ProgramStream;
  readonly stderr: ProgramStream;
  readonly version: string;
}

/** A stream that a person or another program reads. */
export interface ProgramStream {
  /** Takes text or bytes; what it returns is not looked at. */
  write(chunk: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Runs one command line, and gives the exit code. The result goes to stdout and nothing else does; progress, warnings
 * and errors go to stderr.
 */
export async function runProgram(argv: readonly string[], host: ProgramHost): Promise<number> {
  let exitCode = 0;
  try {
    const program = createProgram(await loadCommands(argv[0]), host, (code) => (exitCode = code));
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : writeUsageError(error, argv, host.stderr);
    writeError(error, argv, host.stderr);
    return host.signal?.aborted === true ? 130 : exitCodeOf(error);
  }
}

function createProgram(
  commands: readonly CommandSpec[],
  host: ProgramHost,
  setExitCode: (code: number) => void,
): Command {
  const program = new Command('packwright')
    .description('Packs software into OCI artifacts, moves, signs and verifies them, and checks every byte.')
    .version(host.version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      // Errors of the command line are written by commanderExit, so that --json holds for them too.
      writeErr: () => undefined,
    });
  for (const spec of commands) addCommand(program, spec, host, setExitCode);
  return program;
}

function addCommand(program: Command, spec: CommandSpec, host: ProgramHost, setExitCode: (code: number) => void): void {
  const command = program.command(spec.name).description(spec.summary).exitOverride().copyInheritedSettings(program);
  for (const { name, summary, variadic = false, optional = false } of spec.arguments) {
    command.argument(optional ? `[${name}]` : variadic ? `<${name}...>` : `<${name}>`, summary);
  }
  for (const flag of flagsOf(spec)) command.addOption(optionOf(flag));
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ ${example}\n`).join('')}`);
  command.action(async (...received: unknown[]) => {
    const flags = command.opts<Record<string, unknown>>();
    const args = received
      .slice(0, spec.arguments.length)
      .flat()
      .filter((value) => value !== undefined) as string[];
    const output = await runCommand(spec, args, flags, host);
    writeOutput(output, flags, host);
    if (output.error !== undefined) throw output.error as Error;
    setExitCode(output.exitCode ?? 0);
    await output.until;
  });
}

async function runCommand(
  spec: CommandSpec,
  args: readonly string[],
  flags: FlagValues,
  host: ProgramHost,
): Promise<CommandOutput> {
  const { context, end } = contextOf(flags, host);
  try {
    return await withRegistries(spec, flags, context, (reaching) => spec.run(args, flags, reaching));
  } finally {
    end();
  }
}

async function withRegistries<T>(
  spec: CommandSpec,
  flags: FlagValues,
  context: CommandContext,
  run: (context: CommandContext) => Promise<T>,
): Promise<T> {
  if (spec.registries !== true) return run(context);
  const registries = openRegistries(registryOptions(flags), context);
  try {
    return await run({ ...context, registries: registries.lookup });
  } finally {
    await registries.close();
  }
}

function contextOf(
  flags: FlagValues,
  host: ProgramHost,
): { readonly context: CommandContext; readonly end: () => void } {
  const { cwd, env, home, now, input, stderr } = host;
  const signal = signalOf(flags['timeout'], host.signal);
  const base = { cwd, env, home, now, input };
  if (flags['quiet'] === true) return { context: { ...base, operation: { signal }, info: ignore }, end: ignore };
  const renderer = progressRenderer({
    write: (text) => void stderr.write(text),
    terminal: stderr.isTTY === true && env['TERM'] !== 'dumb',
    columns: stderr.columns ?? 80,
    silent: flags['progress'] === false,
    verbose: flags['debug'] === true,
    now,
  });
  const operation = { signal, onEvent: renderer.onEvent };
  return { context: { ...base, operation, info: renderer.line }, end: renderer.end };
}

const ignore = (): void => undefined;

/** Milliseconds: what is longer fires at once. */
const longestTimer = 2 ** 31 - 1;

function signalOf(seconds: unknown, outer: AbortSignal | undefined): AbortSignal | undefined {
  if (typeof seconds !== 'number') return outer;
  const timeout = new AbortController();
  const message = `command has not ended within ${seconds} s (--timeout)`;
  const giveUp = (): void => timeout.abort(new DOMException(message, 'TimeoutError'));
  setTimeout(giveUp, Math.min(seconds * 1000, longestTimer)).unref();
  return outer === undefined ? timeout.signal : AbortSignal.any([outer, timeout.signal]);
}

const commonFlags: readonly FlagSpec[] = [
  { flags: '--json', summary: 'print one JSON document instead of text', kind: 'switch' },
  { flags: '-q, --quiet', summary: 'print no progress and no warnings', kind: 'switch' },
  { flags: '--no-progress', summary: 'print no progress', kind: 'switch' },
  { flags: '-d, --debug', summary: 'print the stack and the causes of an error', kind: 'switch' },
  { flags: '--timeout <seconds>', summary: 'give up after so many seconds', kind: 'count' },
];

function flagsOf(spec: CommandSpec): readonly FlagSpec[] {
  return [...spec.flags, ...(spec.registries === true ? registryFlags : []), ...commonFlags];
}

function optionOf(flag: FlagSpec): Option {
  const option = new Option(flag.flags, flag.summary);
  if (flag.required === true) option.makeOptionMandatory();
  if (flag.choices !== undefined && flag.kind !== 'list') option.choices([...flag.choices]);
  if (flag.kind === 'list')
    option.argParser((value, previous: unknown) => [...listOf(previous), ...splitList(value, flag)]);
  if (flag.kind === 'many') option.argParser((value, previous: unknown) => [...listOf(previous), value]);
  if (flag.kind === 'count') option.argParser(parseCount);
  return option;
}

function listOf(previous: unknown): string[] {
  return Array.isArray(previous) ? (previous as string[]) : [];
}

function splitList(value: string, flag: FlagSpec): string[] {
  const items = value.split(',').map((item) => item.trim());
  const wrong = items.find((item) => item === '' || flag.choices?.includes(item) === false);
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`Allowed are ${flag.choices?.join(', ') ?? 'values separated by commas'}.`);
  }
  return items;
}

function parseCount(value: string): number {
  const count = Number(value);
  if (!/^[0-9]+$/.test(value) || !Number.isSafeInteger(count) || count < 1) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return count;
}

function writeOutput(output: CommandOutput, flags: FlagValues, host: ProgramHost): void {
  host.stdout.write(flags['json'] === true ? `${JSON.stringify(output.json)}\n` : output.text);
}
