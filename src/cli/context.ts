import type { RegistryLookup } from '../pack/pack-location.ts';
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
  /** The registry of a host that a reference names; `openRegistries` makes one. Without it no registry is reached. */
  readonly registries?: RegistryLookup | undefined;
  /** What is typed or piped in. Without it nobody is asked anything. */
  readonly input?: CommandInput | undefined;
}

/** What is typed or piped in. */
export interface CommandInput {
  /** True where a person sits at a terminal, and can be asked. */
  readonly terminal: boolean;
  /**
   * All that is piped in.
   *
   * @throws UsageError `ERR_INVALID_ARGUMENT` where it is more than the limit.
   */
  readAll(maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** Asks a person for one line. */
  ask(question: string, options: AskOptions): Promise<string>;
}

/** How a person is asked. */
export interface AskOptions {
  /** What is typed is not shown. */
  readonly hidden: boolean;
  readonly signal: AbortSignal | undefined;
}
