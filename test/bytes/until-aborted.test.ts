import { describe, expect, it } from 'vitest';
import { untilAborted } from '../../src/bytes/until-aborted.ts';

describe('untilAborted', () => {
  it('gives what the promise gives, or the reason of the signal', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    expect(await untilAborted(Promise.resolve(1), undefined)).toBe(1);
    const reason = new Error('enough');
    await expect(untilAborted(new Promise(() => undefined), AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
