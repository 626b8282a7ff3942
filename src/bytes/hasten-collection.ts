// The bytes of a chunk lie outside the heap of V8. However many of them nobody has any more, that of Node 24 looks for them
// only when there are 64 MiB, by a mark of the whole heap, and a fast reader has got as many again until that is done. What
// makes it look sooner, in a tenth of the time, is that the young part of the heap itself is full.

/**
 * Where it was measured to help. Node 20, which names itself nowhere, looks for chunks by themselves, as soon as there are
 * 32 MiB of them; Deno and Bun take no less memory for it, only more time.
 */
const needed = ((globalThis.navigator as Partial<Navigator> | undefined)?.userAgent ?? '').startsWith('Node.js/');

/** An array for each so many bytes: V8 keeps those of 128 KiB and more in another place, which costs ten times as much. */
const stepBytes = 1 << 16;

/**
 * Fills half as much of the heap as a chunk has bytes, so that V8 looks for the chunks before it which nobody has any
 * more. To be called for each chunk that is handed to a reader who may keep it.
 */
export function hastenCollection(bytes: number): void {
  if (!needed) return;
  for (let left = bytes; left > 0; left -= stepBytes) {
    // Asked what no compiler answers by itself, or it would leave the array out; and kept nowhere, as whatever is put
    // somewhere while V8 marks the heap stays until it does so again.
    Object.isFrozen(new Array(Math.min(left, stepBytes) >> 4));
  }
}
