import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceBytes, pieces } from '../../../../src/adapters/blob-store/shared/pieces.ts';
import { streamSource } from '../../../../src/bytes/source.ts';
import { concatBytes } from '../../../../src/bytes/stream.ts';
import { digestOf } from '../../../../src/digest/digest.ts';

const filled = (size: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(size).map((_, index) => index * 7 + (index >> 9));

function chunkedStream(bytes: Uint8Array, sizes: readonly number[], failure?: Error): ReadableStream<Uint8Array> {
  let start = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      const part = bytes.subarray(start, start + (sizes[turn++ % sizes.length] ?? 1));
      start += part.length;
      if (part.length > 0) controller.enqueue(part);
      else if (failure === undefined) controller.close();
      else controller.error(failure);
    },
  });
}

describe('pieces', () => {
  it('fill every piece but the first and the last, whatever the chunks', async () => {
    const sizes = fc.array(fc.integer({ min: 30_000, max: 3 * pieceBytes }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3_500_000 }),
        sizes,
        fc.integer({ min: 1, max: pieceBytes }),
        async (size, chunks, room) => {
          const bytes = filled(size);
          const seen: Uint8Array[] = [];
          for await (const piece of pieces(
            streamSource(() => chunkedStream(bytes, chunks)),
            { room },
          ))
            seen.push(piece.slice());
          const lengths = seen.map(({ length }) => length);
          expect(digestOf(concatBytes(seen))).toBe(digestOf(bytes));
          expect(lengths.slice(0, 1).every((length) => length === Math.min(room, size))).toBe(true);
          expect(lengths.slice(1, -1).every((length) => length === pieceBytes)).toBe(true);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('take what a source gives beyond the size that it says', async () => {
    const source = streamSource(() => chunkedStream(filled(5000), [700]), { size: 100 });
    const seen: Uint8Array[] = [];
    for await (const piece of pieces(source)) seen.push(piece.slice());
    expect(concatBytes(seen)).toEqual(filled(5000));
  });

  it('give what came before a source failed, and then its error', async () => {
    const failure = new Error('the source is broken');
    const seen: Uint8Array[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of pieces(streamSource(() => chunkedStream(filled(5000), [700], failure)))) {
        seen.push(piece.slice());
      }
    };
    await expect(read()).rejects.toBe(failure);
    expect(concatBytes(seen)).toEqual(filled(5000));
  });
});
