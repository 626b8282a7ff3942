// What bench uses of tar-stream, which brings no types.
declare module 'tar-stream' {
  import type { Readable, Writable } from 'node:stream';

  interface Header {
    readonly name: string;
    readonly size?: number;
    readonly mode?: number;
    readonly type?: 'file' | 'directory';
  }

  interface Pack extends Readable {
    entry(header: Header, body: Uint8Array): void;
    entry(header: Header, done?: (error?: Error | null) => void): Writable;
    finalize(): void;
  }

  interface Extract extends Writable, AsyncIterable<Readable & { readonly header: Header }> {
    destroy(error?: Error): this;
  }

  export function pack(): Pack;
  export function extract(): Extract;
}
