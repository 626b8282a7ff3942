import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Test data of a public suite, which is read where it lies and never copied. */
export interface Vectors {
  /** The folder, or file, whether it is there or not. */
  readonly path: string;
  readonly found: boolean;
  /** True in a user's clone, which has no vectors beside it. CI must have them: there what reads them fails. */
  readonly skipped: boolean;
}

/** Vectors by their path in the folder beside the repository. Says in a line what is skipped without them. */
export function vectors(path: string, what: string): Vectors {
  const whole = fileURLToPath(new URL(`../../shared/vectors/${path}`, import.meta.url));
  const found = existsSync(whole);
  const skipped = !found && process.env['CI'] === undefined;
  if (skipped) console.log(`skipped: ${what}, for its vectors are not beside the repository`);
  return { path: whole, found, skipped };
}
