import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith } from '../../src/testing/assert.ts';

describe('the assertions of the suites', () => {
  it('pass what is right', async () => {
    equal({ a: [1] }, { a: [1] });
    equal(undefined, undefined);
    holds(true, 'it holds');
    expect(present(0)).toBe(0);
    bytesEqual(Uint8Array.of(1), Uint8Array.of(1));
    await rejectsWith('ERR_UNSUPPORTED', Promise.reject(new UsageError('ERR_UNSUPPORTED', 'no')));
    expect(await errorOf(() => Promise.reject(new Error('x')))).toBeInstanceOf(Error);
  });

  it('say what is wrong', async () => {
    expect(() => equal(1, 2, 'number')).toThrow('number is 1, expected 2');
    expect(() => holds(false, 'it holds')).toThrow('expected that it holds');
    expect(() => present(undefined, 'thing')).toThrow('thing is missing');
    expect(() => bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toThrow('byte 1 is 2, expected 3');
    expect(() => bytesEqual(Uint8Array.of(1), Uint8Array.of())).toThrow('number of bytes');
    await expect(rejectsWith('ERR_CONFLICT', Promise.reject(new Error('x')))).rejects.toThrow('ERR_CONFLICT');
    await expect(rejectsWith('ERR_CONFLICT', Promise.resolve())).rejects.toThrow('expected a rejection');
  });
});
