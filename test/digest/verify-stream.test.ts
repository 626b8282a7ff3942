import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/bytes/stream.ts';
import { contentCheck, digestOf, verifyBytes, verifyStream, type ExpectedContent } from '../../src/digest/index.ts';

interface Outcome {
  readonly seen: number;
  readonly closed: boolean;
  readonly code: unknown;
}

/** Pipes chunks through the check: what came out, whether the end was signalled, and the code of the failure. */
async function pipe(chunks: readonly Uint8Array[], expected: ExpectedContent): Promise<Outcome> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const reader = source.pipeThrough(verifyStream(expected)).getReader();
  let seen = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { seen, closed: true, code: undefined };
      seen += value.length;
    }
  } catch (error) {
    return { seen, closed: false, code: (error as { code?: unknown }).code };
  }
}

/** What some bytes must be, cut into chunks. */
const contents = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1, maxLength: 5 })
  .map((chunks) => {
    const bytes = concatBytes(chunks);
    return { chunks, bytes, expected: { digest: digestOf(bytes), size: bytes.length } };
  });

describe('verifyStream', () => {
  it('lets the bytes through when they are those that were named, by any algorithm', async () => {
    const algorithms = fc.constantFrom('sha256', 'sha384', 'sha512');
    await fc.assert(
      fc.asyncProperty(contents, algorithms, fc.boolean(), async ({ chunks, bytes }, algorithm, sized) => {
        const expected = { digest: digestOf(bytes, algorithm), size: sized ? bytes.length : undefined };
        expect(await pipe(chunks, expected)).toEqual({ seen: bytes.length, closed: true, code: undefined });
      }),
    );
  });

  it('lets nothing through when nothing was named', async () => {
    const expected = { digest: digestOf(new Uint8Array()), size: 0 };
    expect(await pipe([], expected)).toEqual({ seen: 0, closed: true, code: undefined });
  });

  it('fails before the end when one bit of any byte is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.nat(), fc.nat(7), async ({ bytes, expected }, position, bit) => {
        const at = position % bytes.length;
        const flipped = bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(await pipe([flipped], expected)).toMatchObject({ closed: false, code: 'ERR_DIGEST_MISMATCH' });
      }),
    );
  });

  it('fails before the end when one byte is cut out', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.nat(), async ({ bytes, expected: { digest, size } }, position) => {
        const at = position % bytes.length;
        const cut = bytes.filter((_, index) => index !== at);
        expect(await pipe([cut], { digest, size })).toMatchObject({ closed: false, code: 'ERR_SIZE_MISMATCH' });
        expect(await pipe([cut], { digest })).toMatchObject({ closed: false, code: 'ERR_DIGEST_MISMATCH' });
      }),
    );
  });

  it('fails at the chunk that has one byte too many, and does not hand it out', async () => {
    await fc.assert(
      fc.asyncProperty(contents, async ({ bytes, expected: { digest, size } }) => {
        const more = [bytes, new Uint8Array(1)];
        expect(await pipe(more, { digest, size })).toMatchObject({ closed: false, code: 'ERR_TRAILING_DATA' });
        expect(await pipe([concatBytes(more)], { digest, size })).toMatchObject({ seen: 0, code: 'ERR_TRAILING_DATA' });
        expect(await pipe(more, { digest })).toMatchObject({ closed: false, code: 'ERR_DIGEST_MISMATCH' });
      }),
    );
  });
});

describe('contentCheck', () => {
  it('fails at once when there is too much', () => {
    const check = contentCheck({ digest: digestOf(new Uint8Array(2)), size: 2 });
    check.update(new Uint8Array(2));
    expect(() => {
      check.update(new Uint8Array(1));
    }).toThrow(expect.objectContaining({ name: 'IntegrityError', code: 'ERR_TRAILING_DATA', expected: '2' }) as Error);
  });
});

describe('verifyBytes', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const digest = digestOf(bytes);

  it('gives back the very array', () => {
    expect(verifyBytes(bytes, { digest })).toBe(bytes);
    expect(verifyBytes(bytes, { digest, size: 3 })).toBe(bytes);
  });

  it('says what was expected and what came', () => {
    const other = digestOf(new Uint8Array());
    expect(() => verifyBytes(bytes, { digest: other })).toThrow(
      expect.objectContaining({ code: 'ERR_DIGEST_MISMATCH', expected: other, actual: digest }) as Error,
    );
    expect(() => verifyBytes(bytes, { digest, size: 4 })).toThrow(
      expect.objectContaining({ code: 'ERR_SIZE_MISMATCH', expected: '4', actual: '3' }) as Error,
    );
  });
});
