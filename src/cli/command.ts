import type { CommandContext } from './context.ts';

/** One argument of a command. */
export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly variadic?: boolean;
  /** It may be left out. */
  readonly optional?: boolean;
}

/** One flag of a command, spelled as oras, skopeo and cosign spell it. */
export interface FlagSpec {
  /** `-o, --output <ref>`, as `--help` shows it. */
  readonly flags: string;
  readonly summary: string;
  /** `list` splits at commas and may be given again; `many` may be given again; `count` is a whole number, 1 or more. */
  readonly kind?: 'text' | 'list' | 'many' | 'switch' | 'count' | 'choice';
  readonly choices?: readonly string[];
  readonly required?: boolean;
}

/** What was typed: flags by their camel-case name. */
export type FlagValues = Readonly<Record<string, unknown>>;

/** What a command gives: one document for `--json`, and the same for a person. */
export interface CommandOutput {
  readonly json: unknown;
  /** What stands on stdout, with a line break at its end; bytes where the command prints a document as it is. */
  readonly text: string | Uint8Array;
  /** Exit code of a command that worked but found something: 0 by default. */
  readonly exitCode?: number;
  /** What the command came to say no with: the output is printed, and then this as an error, whose exit code counts. */
  readonly error?: unknown;
  /** What the command goes on with when its result is printed; its end is that of the command. */
  readonly until?: Promise<void>;
}

/** A command as the program and its help know it; the work is done by the function that `run` calls. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly flags: readonly FlagSpec[];
  /** Takes references to registries, and with them the flags that say how registries are reached. */
  readonly registries?: true;
  readonly examples: readonly string[];
  /** Turns arguments and flags into options, and calls the command's function. */
  run(args: readonly string[], flags: FlagValues, context: CommandContext): Promise<CommandOutput>;
}

/** The text of a flag, or undefined. */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of a flag that may be given again, or undefined where it was not given. */
export function listFlag(flags: FlagValues, name: string): readonly string[] | undefined {
  const value = flags[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}

/** The number of a flag, or undefined. */
export function numberFlag(flags: FlagValues, name: string): number | undefined {
  const value = flags[name];
  return typeof value === 'number' ? value : undefined;
}

/** True where a switch was given. */
export function switchFlag(flags: FlagValues, name: string): boolean {
  return flags[name] === true;
}
