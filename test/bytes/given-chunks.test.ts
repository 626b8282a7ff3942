import { describe, expect, it } from 'vitest';
import { giveAway, handOver, handOverLike, letGo, markFresh } from '../../src/bytes/given-chunks.ts';
import { bytesSource, type ByteSource } from '../../src/bytes/source.ts';

const canFree = 'transfer' in ArrayBuffer.prototype;
const handed = (): ByteSource => handOver(bytesSource(new Uint8Array()));

describe('a chunk that is given away', () => {
  it('loses its memory when it is let go of', () => {
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, handed());
    letGo(chunk);
    expect(chunk.length).toBe(canFree ? 0 : 10);
  });

  it('keeps its memory until its last part is let go of', () => {
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, handed());
    letGo(chunk.subarray(0, 5));
    expect(chunk.length).toBe(10);
    letGo(chunk.subarray(5));
    expect(chunk.length).toBe(canFree ? 0 : 10);
  });
});

describe('a source that passes on the streams of another', () => {
  it('is handed over where the other one is', () => {
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, handOverLike(handed(), bytesSource(new Uint8Array())));
    letGo(chunk);
    expect(chunk.length).toBe(canFree ? 0 : 10);
  });

  it('is not where the other one is not', () => {
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, handOverLike(bytesSource(new Uint8Array()), bytesSource(new Uint8Array())));
    letGo(chunk);
    expect(chunk.length).toBe(10);
  });
});

describe('a chunk that somebody else may have', () => {
  it('keeps its memory where its source was not handed over', () => {
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, bytesSource(new Uint8Array()));
    letGo(chunk);
    expect(chunk.length).toBe(10);
  });

  it('keeps its memory where another source stands before the one that was handed over', () => {
    const source = handed();
    const chunk = markFresh(new Uint8Array(10));
    giveAway(chunk, { ...source });
    letGo(chunk);
    expect(chunk.length).toBe(10);
  });

  it('keeps its memory where who made it did not say that it is fresh', () => {
    const chunk = new Uint8Array(10);
    giveAway(chunk, handed());
    letGo(chunk);
    expect(chunk.length).toBe(10);
  });

  it('keeps its memory where nobody gave it away', () => {
    const chunk = markFresh(new Uint8Array(10));
    letGo(chunk);
    expect(chunk.length).toBe(10);
  });
});
