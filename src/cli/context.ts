import type { OperationOptions } from '../ports/index.ts';

/** What a command sees of the world. A command never looks at the process itself. */
export interface CommandContext {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder, where configuration is looked for. */
  readonly home: string;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** The signal that ends the command, and who is told what happens. */
  readonly operation: OperationOptions;
  /** Says something to a person, beside the result. */
  readonly info: (line: string) => void;
}
