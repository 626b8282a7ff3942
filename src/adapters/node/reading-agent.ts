import type * as http from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { nodeHttp } from './node-http.ts';

/** Four times what a socket reads by itself: fewer turns for each body, and not more than a processor keeps near it. */
const readBytes = 256 * 1024;

/**
 * An agent whose connections all read into one array, where each of them otherwise makes a new one for every read. The
 * parser of node:http takes what it needs out of it before the next one reads.
 */
export class ReadingAgent extends nodeHttp.Agent {
  readonly #buffer: Uint8Array = Buffer.allocUnsafeSlow(readBytes);

  override createConnection(options: http.ClientRequestArgs): Duplex {
    const onread = {
      buffer: this.#buffer,
      callback: (count: number, bytes: Uint8Array): boolean => {
        socket.emit('data', bytes.subarray(0, count));
        return true;
      },
    };
    const socket: Socket = connect({ ...(options as NetConnectOpts), onread });
    return socket;
  }
}
