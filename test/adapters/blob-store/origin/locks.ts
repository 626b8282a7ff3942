/** The Web Locks of an origin with one page: exclusive ones, in the order in which they were asked for. */
export class OriginLocks {
  readonly #held: Map<string, Promise<unknown>> = new Map();

  async request<T>(
    name: string,
    ...rest: [run: (lock: object | null) => T] | [options: { ifAvailable?: boolean }, run: (lock: object | null) => T]
  ): Promise<Awaited<T>> {
    const run = rest.length === 1 ? rest[0] : rest[1];
    const before = this.#held.get(name);
    if (before !== undefined && rest.length === 2 && rest[0].ifAvailable === true) return run(null) as Awaited<T>;
    const running = (async (): Promise<Awaited<T>> => {
      await before;
      return run({ name }) as Awaited<T>;
    })();
    const ended = running.catch(() => undefined);
    this.#held.set(name, ended);
    try {
      return await running;
    } finally {
      if (this.#held.get(name) === ended) this.#held.delete(name);
    }
  }
}
