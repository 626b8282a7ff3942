import { isPackError, type PackErrorCode } from '../errors.ts';

/** What the contract suites need of a test runner: those of vitest, jest, mocha, `node:test` and Deno's bdd fit. */
export interface TestRunner {
  /** Defines a group of tests. */
  readonly describe: (name: string, define: () => void) => void;
  /** Defines a test. */
  readonly it: (name: string, run: () => Promise<void>) => void;
}

/** Fails unless two values are the same, as JSON shows them. */
export function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [got, wanted] = [show(actual), show(expected)];
  if (got !== wanted) throw new Error(`${what} is ${got}, expected ${wanted}`);
}

/** Fails unless a condition holds. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`expected that ${what}`);
}

/** Fails where something is missing, and gives it back. */
export function present<T>(value: T | undefined, what = 'value'): T {
  if (value === undefined) throw new Error(`${what} is missing`);
  return value;
}

/** Fails unless two arrays hold the same bytes; names the first that differs. */
export function bytesEqual(actual: Uint8Array, expected: Uint8Array): void {
  equal(actual.length, expected.length, 'number of bytes');
  for (let index = 0; index < actual.length; index++) {
    if (actual[index] === expected[index]) continue;
    throw new Error(`byte ${index} is ${String(actual[index])}, expected ${String(expected[index])}`);
  }
}

/** Fails unless a promise, or what a function gives, is rejected with an error of packwright that has one of the codes. */
export async function rejectsWith(
  code: PackErrorCode | readonly PackErrorCode[],
  run: Promise<unknown> | (() => Promise<unknown>),
): Promise<void> {
  const error = await errorOf(run);
  const codes: readonly string[] = typeof code === 'string' ? [code] : code;
  if (isPackError(error) && codes.includes(error.code)) return;
  throw new Error(`rejected with ${String(error)}, expected ${codes.join(' or ')}`, { cause: error });
}

/** What a promise, or what a function gives, is rejected with. Fails when it is kept. */
export async function errorOf(run: Promise<unknown> | (() => Promise<unknown>)): Promise<unknown> {
  try {
    await (typeof run === 'function' ? run() : run);
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

function show(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}
