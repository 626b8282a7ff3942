import { describe, expect, it } from 'vitest';
import { createSingleFlight } from '../../../../src/adapters/registry/http/single-flight.ts';

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('ended')));
  });

describe('createSingleFlight', () => {
  it('runs the work of a key once for all that ask meanwhile, and again for who asks later', async () => {
    const flights = createSingleFlight<number>();
    let runs = 0;
    const work = (): Promise<number> => Promise.resolve(++runs);
    expect(await Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)])).toEqual([
      1, 1, 2,
    ]);
    expect(await flights.run('a', work)).toBe(3);
  });

  it('gives everybody the error of the work, and tries again for who asks later', async () => {
    const flights = createSingleFlight<number>();
    const fail = (): Promise<number> => Promise.reject(new Error('no'));
    const both = await Promise.allSettled([flights.run('a', fail), flights.run('a', fail)]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('a', () => Promise.resolve(1))).toBe(1);
  });

  it('ends the work when the last one has given up, and starts it anew for the next', async () => {
    const flights = createSingleFlight<number>();
    const controller = new AbortController();
    let ended = false;
    const work = (signal: AbortSignal): Promise<number> => {
      signal.addEventListener('abort', () => (ended = true));
      return never(signal);
    };
    const run = flights.run('a', work, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(run).rejects.toBe(reason);
    expect(ended).toBe(true);
    expect(await flights.run('a', () => Promise.resolve(2))).toBe(2);
  });

  it('starts nothing for who has given up before', async () => {
    const reason = new Error('enough');
    let runs = 0;
    const work = (): Promise<number> => Promise.resolve(++runs);
    await expect(createSingleFlight<number>().run('a', work, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(runs).toBe(0);
  });
});
