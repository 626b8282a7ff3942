import { giveAway, letGo } from '../../../bytes/given-chunks.ts';
import type { ByteSource } from '../../../bytes/source.ts';
import { chunksOf } from '../../../bytes/stream.ts';
import { PartBuffer } from './part-buffer.ts';

/** How a source is cut. */
export interface PartPlan {
  readonly partSize: number;
  /** Parts that are sent at the same time. */
  readonly inFlight: number;
  readonly signal?: AbortSignal | undefined;
  /** Sees every chunk, in order, before it is sent. */
  readonly onChunk: (chunk: Uint8Array) => void;
}

/** One part. Its bytes are overwritten when `send` has settled. */
export interface Part {
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True for the part with which the source ends. It may have no bytes where there is no other one. */
  readonly last: boolean;
}

/**
 * Cuts what a source gives into parts of one size, the last one excepted, and sends some at a time. When anything fails,
 * no further part is begun, and the failure is thrown when all that were begun have settled.
 */
export async function sendParts(
  source: ByteSource,
  plan: PartPlan,
  send: (part: Part) => Promise<void>,
): Promise<void> {
  const sending = new Sending(plan, send, source.size);
  try {
    for await (const chunk of chunksOf(await source.open({ signal: plan.signal }), plan)) {
      plan.onChunk(chunk);
      for (let rest: Uint8Array = chunk; rest.length > 0;) rest = await sending.add(rest);
      // All of it was copied.
      giveAway(chunk, source);
      letGo(chunk);
    }
    await sending.end();
  } finally {
    await sending.settled();
  }
}

class Sending {
  readonly #plan: PartPlan;
  readonly #send: (part: Part) => Promise<void>;
  readonly #underWay = new Set<Promise<void>>();
  /** Buffers whose part is over. A new one for each part would be a hundred MiB before the collector looks. */
  readonly #idle: PartBuffer[] = [];
  readonly #expected: number | undefined;
  #buffer: PartBuffer;
  #index = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(plan: PartPlan, send: (part: Part) => Promise<void>, expected: number | undefined) {
    this.#plan = plan;
    this.#send = send;
    this.#expected = expected;
    this.#buffer = new PartBuffer(plan.partSize, expected);
  }

  /** Takes bytes; gives those that did not fit. A full part goes only when it is known that it is not the last. */
  async add(chunk: Uint8Array): Promise<Uint8Array> {
    if (this.#buffer.full) await this.#begin(false);
    return this.#buffer.add(chunk);
  }

  async end(): Promise<void> {
    await this.#begin(true);
    await this.settled();
    this.#throwFailure();
  }

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #begin(last: boolean): Promise<void> {
    while (this.#underWay.size >= this.#plan.inFlight) await Promise.race(this.#underWay);
    this.#throwFailure();
    const buffer = this.#buffer;
    const sent = this.#send({ index: this.#index++, bytes: buffer.bytes(), last })
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => {
        this.#underWay.delete(sent);
        buffer.clear();
        this.#idle.push(buffer);
      });
    this.#underWay.add(sent);
    if (!last) this.#buffer = this.#idle.pop() ?? new PartBuffer(this.#plan.partSize, this.#expected);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
