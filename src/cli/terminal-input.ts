import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from '../errors.ts';
import { concatBytes } from '../bytes/stream.ts';
import type { CommandInput } from './context.ts';

/** A stream such as `process.stdin`. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean | undefined;
  destroy(error?: Error): unknown;
}

/** The input of a process, for commands that read a password. */
export function terminalInput(stdin: InputStream, stderr: NodeJS.WritableStream): CommandInput {
  return {
    terminal: stdin.isTTY === true,
    readAll: (maxBytes, signal) => readAll(stdin, maxBytes, signal),
    ask: (question, { hidden, signal }) => ask(question, hidden, signal, { stdin, stderr }),
  };
}

async function readAll(stdin: InputStream, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  signal?.throwIfAborted();
  const stop = (): unknown => stdin.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', stop, { once: true });
  for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw tooMuch(maxBytes);
  }
  signal?.removeEventListener('abort', stop);
  return concatBytes(chunks);
}

function tooMuch(maxBytes: number): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `input on stdin is larger than ${maxBytes} bytes`, {
    argument: 'password-stdin',
  });
}

/** Asks on stderr, because stdout is for results. What is typed is echoed nowhere where it is to be hidden. */
function ask(
  question: string,
  hidden: boolean,
  signal: AbortSignal | undefined,
  { stdin, stderr }: { stdin: NodeJS.ReadableStream; stderr: NodeJS.WritableStream },
): Promise<string> {
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: hidden ? silent : stderr, terminal: true });
  stderr.write(question);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lines.close();
      reject(signal?.reason instanceof Error ? signal.reason : new DOMException('interrupted', 'AbortError'));
    };
    signal?.addEventListener('abort', stop, { once: true });
    // In raw mode Ctrl-C is a key, and no signal.
    lines.once('SIGINT', stop);
    lines.once('close', stop);
    lines.once('line', (line) => {
      lines.off('close', stop);
      signal?.removeEventListener('abort', stop);
      lines.close();
      if (hidden) stderr.write('\n');
      resolve(line);
    });
  });
}
