import { RegistryError } from '../../../errors.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { RegistryConnection } from './connection.ts';

/** Waits and says true where a request of an upload may be made again; says false where it may not. */
export async function waitForRetry(
  { client }: RegistryConnection,
  error: unknown,
  failures: number,
  { signal }: OperationOptions,
  worthwhile: boolean = error instanceof RegistryError && error.retryable,
): Promise<boolean> {
  signal?.throwIfAborted();
  const { policy, clock } = client;
  const retryable = worthwhile || (error instanceof RegistryError && error.retryable);
  if (!retryable || failures + 1 >= policy.attempts) return false;
  const jitter = clock.random() * Math.min(policy.capMs, policy.baseMs * 2 ** failures);
  const asked = error instanceof RegistryError ? Number(error.details['retryAfterMs'] ?? 0) : 0;
  await clock.sleep(Math.max(jitter, Math.min(asked, policy.maxRetryAfterMs)), signal);
  return true;
}
