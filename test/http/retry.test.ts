import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/http/retry.ts';

describe('systemClock', () => {
  it('sleeps, and leaves nothing on the signal', async () => {
    const controller = new AbortController();
    const before = performance.now();
    await systemClock.sleep(20, controller.signal);
    expect(performance.now() - before).toBeGreaterThan(15);
    await expect(systemClock.sleep(1000, AbortSignal.abort('enough'))).rejects.toBe('enough');
  });
});
