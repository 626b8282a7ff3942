import { isPackError } from '../../../errors.ts';
import type { HttpClock } from '../../../http/retry.ts';
import type { RegistryConnection } from './connection.ts';
import type { Notes } from './notes.ts';

/** A registry that is asked in place of another one. */
export interface Mirror {
  readonly connection: RegistryConnection;
  readonly proxy: boolean;
  /** Until when it is not asked, because it did not answer. Milliseconds since 1970. */
  downUntil?: number | undefined;
}

const pauseMs = 30_000;

/** Asks mirrors in their order. undefined where none of them has it. */
export async function askMirrors<T>(
  mirrors: readonly Mirror[],
  attempt: (mirror: Mirror) => Promise<T | undefined>,
  notes: Notes,
  clock: HttpClock,
): Promise<T | undefined> {
  for (const mirror of mirrors) {
    if ((mirror.downUntil ?? 0) > clock.now()) continue;
    try {
      const found = await attempt(mirror);
      if (found !== undefined) return found;
    } catch (error) {
      if (!isPackError(error)) throw error;
      if (error.retryable) mirror.downUntil = clock.now() + pauseMs;
      notes.fallback(`mirror ${mirror.connection.id} was of no use: ${error.message}`);
    }
  }
  return undefined;
}
