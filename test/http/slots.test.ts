import { describe, expect, it } from 'vitest';
import { createSlots } from '../../src/http/slots.ts';

const isTaken = async (taking: Promise<unknown>): Promise<boolean> =>
  Promise.race([taking.then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 5))]);

describe('createSlots', () => {
  it('gives so many to one origin, and more to another', async () => {
    const slots = createSlots({ total: 3, perOrigin: 2 });
    const release = await slots.take('a');
    await slots.take('a');
    const third = slots.take('a');
    expect(await isTaken(third)).toBe(false);
    await slots.take('b');
    release();
    release();
    expect(await isTaken(third)).toBe(true);
    expect(await isTaken(slots.take('c'))).toBe(false);
  });

  it('serves those who wait in the order in which they came', async () => {
    const slots = createSlots({ total: 1, perOrigin: 1 });
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (number) => {
        const release = await slots.take('a');
        order.push(number);
        release();
      }),
    );
    expect(order).toEqual([1, 2, 3]);
  });

  it('lets go of one who waits when its signal says so, and loses no slot by it', async () => {
    const slots = createSlots({ total: 1, perOrigin: 1 });
    const release = await slots.take('a');
    const controller = new AbortController();
    const sameOrigin = slots.take('a', controller.signal);
    const otherOrigin = slots.take('b', controller.signal);
    await isTaken(otherOrigin);
    controller.abort('enough');
    await expect(sameOrigin).rejects.toBe('enough');
    await expect(otherOrigin).rejects.toBe('enough');
    await expect(slots.take('b', controller.signal)).rejects.toBe('enough');
    release();
    expect(await isTaken(slots.take('b'))).toBe(true);
  });
});
