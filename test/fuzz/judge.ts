import { isPackError } from '../../src/errors.ts';

/** Code that takes bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, to mutate. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces of text that mean something to the parser. */
  readonly dictionary?: readonly string[];
  /** Rejects only where a promise was broken, never because the bytes are malformed. */
  run(bytes: Uint8Array): Promise<void>;
}

/** Runs a parser. Whatever it refuses must be refused with an error of ours that says something. */
export async function judge(parse: () => void | Promise<void>): Promise<void> {
  try {
    await parse();
  } catch (error) {
    if (!isPackError(error) || error.message === '') throw error;
  }
}

/** Fails where a law between two readings does not hold. */
export function holds(law: string, condition: boolean): void {
  if (!condition) throw new Error(`law is broken: ${law}`);
}
