import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deriveKey } from '../../../../src/adapters/signer/key/derive-key.ts';
import { toHex, utf8 } from '../../../../src/bytes/encoding.ts';

// RFC 7914 section 12, its first 32 octets.
const request = { password: utf8(''), salt: utf8(''), cost: { N: 16, r: 1, p: 1 } };
const expected = '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442';

type Done = (error: Error | null, key?: Uint8Array) => void;

afterEach(() => vi.restoreAllMocks());

describe('a platform', () => {
  it.each([
    ['without modules', undefined],
    ['without scrypt', {}],
    ['that refuses the cost', { scrypt: (...rest: readonly unknown[]) => (rest[4] as Done)(new Error('maxmem')) }],
    [
      'that throws',
      {
        scrypt: () => {
          throw new RangeError('maxmem');
        },
      },
    ],
  ])('%s is not needed to derive a key', async (_, module) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(module);
    expect(toHex(await deriveKey(request))).toBe(expected);
  });

  it('is not waited for where the signal says so', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ scrypt: () => undefined });
    const controller = new AbortController();
    const reason = new DOMException('enough', 'AbortError');
    const running = deriveKey({ ...request, signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('without the memory is an error of the key', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    const cost = { N: 2 ** 40, r: 8, p: 1 };
    await expect(deriveKey({ ...request, cost })).rejects.toMatchObject({ code: 'ERR_KEY' });
  });
});
