import { onTestFinished } from 'vitest';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { listen } from '../../src/adapters/node/http-listener.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { storeRegistry } from '../../src/registry/store-registry.ts';

/** A registry in this process that counts what goes through it. */
export interface CountingRegistry {
  readonly host: string;
  readonly registry: Registry;
  /** Bytes of bodies that came in and went out since it was asked last. */
  count(): number;
  /** Kept when so many bytes more went through. */
  after(bytes: number): Promise<void>;
}

/** Serves a folder on this machine, until the test is over. */
export async function countingRegistry(directory: string): Promise<CountingRegistry> {
  const registry = storeRegistry({
    id: 'counting',
    blobs: fsBlobStore({ directory }),
    records: fsRecordStore({ directory }),
  });
  const handler = registryServer({ registry, onError: (error) => console.error(error) });
  const counter = new Counter();
  const { url, close } = await listen(
    async (request) => {
      const { body, status, headers } = await handler(countedRequest(request, counter));
      return new Response(body && counter.through(body), { status, headers });
    },
    { grace: 0 },
  );
  onTestFinished(close);
  return { host: url.host, registry, count: () => counter.take(), after: (bytes) => counter.after(bytes) };
}

function countedRequest(request: Request, counter: Counter): Request {
  if (request.body === null) return request;
  const init = { body: counter.through(request.body), duplex: 'half' };
  return new Request(request, init);
}

/** Counts bytes, and tells when there were enough. */
class Counter {
  #sum = 0;
  #wanted = Infinity;
  #tell: () => void = () => undefined;

  through(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const transform = (chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void => {
      this.#sum += chunk.length;
      if (this.#sum >= this.#wanted) this.#tell();
      controller.enqueue(chunk);
    };
    return body.pipeThrough(new TransformStream({ transform }));
  }

  take(): number {
    const sum = this.#sum;
    this.#sum = 0;
    return sum;
  }

  after(bytes: number): Promise<void> {
    this.#wanted = this.#sum + bytes;
    return new Promise((resolve) => (this.#tell = resolve));
  }
}
