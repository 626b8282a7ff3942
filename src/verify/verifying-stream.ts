import type { Bundle } from '../attest/bundle.ts';
import { runningArtifact } from './artifact.ts';
import { openTrial, type VerifyOptions } from './evaluate.ts';
import type { VerificationReport } from './report.ts';
import { refusalOf } from './verify.ts';

/** A stream that bytes pass through, and the report on them. */
export interface VerifyingStream {
  /** Closes only where the verdict is yes; else it fails, behind the last byte. Until then nothing may be believed. */
  readonly stream: TransformStream<Uint8Array, Uint8Array>;
  /** What `evaluate` says of all bytes; rejects where the stream is cancelled or aborted before its end. */
  readonly report: Promise<VerificationReport>;
}

/**
 * Verifies an artifact while it flows: hashes what passes by, keeps none of it, and judges at the end. A signature by
 * Ed25519 over the artifact itself is the exception: it needs the bytes, of which up to 16 MiB are kept.
 *
 * @throws UsageError and FormatError at once, as `evaluate` does.
 * @throws VerificationError (as the error of the stream) with the report, where the verdict is no.
 */
export function verifyingStream(bundles: Bundle | readonly Bundle[], options: VerifyOptions): VerifyingStream {
  const trial = openTrial(bundles, options);
  const { signal } = options;
  const opened = runningArtifact(trial.wanted);
  // Whoever writes is told.
  opened.catch(() => undefined);
  const { promise, resolve, reject } = settlable<VerificationReport>();
  const inner = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      signal?.throwIfAborted();
      (await opened).update(chunk);
      controller.enqueue(chunk);
    },
    async flush() {
      signal?.throwIfAborted();
      const report = await trial.judge((await opened).end());
      resolve(report);
      if (report.verdict === 'failed') throw refusalOf(report);
    },
  });
  return { stream: { readable: inner.readable, writable: watched(inner.writable, reject, signal) }, report: promise };
}

interface Settlable<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function settlable<T>(): Settlable<T> {
  let resolve: Settlable<T>['resolve'] = () => undefined;
  let reject: Settlable<T>['reject'] = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  // Whoever reads the stream alone sees its error there.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** The same stream, which tells how it failed: a transformer is not told of an abort on every platform. */
function watched(
  inner: WritableStream<Uint8Array>,
  onFailure: (reason: unknown) => void,
  signal: AbortSignal | undefined,
): WritableStream<Uint8Array> {
  const writer = inner.getWriter();
  const abort = (): void => void writer.abort(signal?.reason).catch(() => undefined);
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  return new WritableStream<Uint8Array>({
    start(controller) {
      const fail = (reason: unknown): void => {
        onFailure(reason);
        controller.error(reason);
      };
      void writer.closed.catch(fail).finally(() => signal?.removeEventListener('abort', abort));
    },
    async write(chunk) {
      await writer.ready;
      await writer.write(chunk);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}
