import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytesOfBase64 } from '../../../../src/adapters/blob-store/postgres/base64.ts';
import { toBase64 } from '../../../../src/bytes/encoding.ts';
import { someBytes } from '../../../../src/testing/bytes.ts';

const bytes = someBytes(10_000);
/** As Postgres breaks it. */
const text = toBase64(bytes).replace(/.{76}/g, '$&\n');
const notText = expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT', argument: 'client' }) as Error;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the base64 of Postgres', () => {
  it('is read in its lines', () => {
    const read = bytesOfBase64(text);
    expect(read).toEqual(bytes);
    expect(read.buffer.byteLength).toBe(bytes.length);
    expect(bytesOfBase64('')).toEqual(new Uint8Array());
  });

  it('is read where the platform has no buffers', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
    expect(bytesOfBase64(text)).toEqual(bytes);
    expect(() => bytesOfBase64('no base64')).toThrow(notText);
  });

  it('is nothing but a text', () => {
    expect(() => bytesOfBase64(null)).toThrow(notText);
    expect(() => bytesOfBase64(bytes)).toThrow(notText);
  });
});
