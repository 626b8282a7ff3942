import { pMapIterable } from 'p-map';
import { readAll } from '../bytes/stream.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { startReport, type Report } from '../ports/report.ts';
import { openBlob } from './open-blob.ts';
import { failureOf } from './failure.ts';
import { integrityChecked } from './integrity-check.ts';
import { isWrongBytes, maxAttempts } from './load-manifest.ts';
import { tapStream } from './tap-stream.ts';
import type { UnpackStep } from './unpack-plan.ts';

/** Layers up to this size are fetched ahead, into memory. */
const smallSize = 1024 * 1024;

/** A step whose layer is there, or can be opened. */
export interface FetchedStep {
  readonly step: UnpackStep;
  /** Ended by whoever writes the step. */
  readonly report: Report;
  /** Whole and checked, or a stream that fails before its end where it is wrong. To be asked for once. */
  content(): Promise<Uint8Array | ReadableStream<Uint8Array>>;
}

export interface PrefetchOptions {
  readonly repository: Repository;
  readonly concurrency: number;
  readonly options: OperationOptions;
}

/** The steps in their order, small layers fetched ahead. What stops early stops what was begun. */
export async function* prefetched(
  steps: readonly UnpackStep[],
  { repository, concurrency, options }: PrefetchOptions,
): AsyncGenerator<FetchedStep, void, undefined> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const begun: Report[] = [];
  const begin = (step: UnpackStep): Promise<FetchedStep> => {
    const name = step.kind === 'group' ? undefined : step.path;
    const subject = { verb: 'read' as const, descriptor: step.layer, name, total: step.layer.size };
    // One signal each: Node warns of a leak where many readers listen to the same.
    const report = startReport(subject, { ...options, signal: AbortSignal.any([signal]) });
    begun.push(report);
    return fetchStep(step, repository, report);
  };
  try {
    yield* pMapIterable(steps, begin, { concurrency });
  } finally {
    stop.abort();
    // Those that were written have ended already, and end only once.
    for (const report of begun) report.failed(new Error('stopped'));
  }
}

/** Never rejects: a failure shows when the content is asked for. */
async function fetchStep(step: UnpackStep, repository: Repository, report: Report): Promise<FetchedStep> {
  if (step.layer.size > smallSize) {
    return { step, report, content: () => watched(open(step, repository, report), report) };
  }
  const reading = watched(readSmall(step, repository, report), report);
  await reading.catch(() => undefined);
  return { step, report, content: () => reading };
}

async function watched<T>(opening: Promise<T>, report: Report): Promise<T> {
  return opening.catch((error: unknown) => {
    report.failed(error);
    throw error;
  });
}

async function readSmall(step: UnpackStep, repository: Repository, report: Report): Promise<Uint8Array> {
  const { signal } = report.options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAll(await open(step, repository, report), { limit: smallSize, signal });
    } catch (error) {
      signal?.throwIfAborted();
      if (!isWrongBytes(error) || attempt === maxAttempts) throw error;
      report.note('retry', error instanceof Error ? error.message : 'wrong bytes');
    }
  }
}

/** The bytes of a layer, checked against its descriptor and, where a lock has it, against its integrity. */
async function open(step: UnpackStep, repository: Repository, report: Report): Promise<ReadableStream<Uint8Array>> {
  const { layer } = step;
  try {
    const stream = counted(await openBlob(layer, repository, report.options), layer.digest, report);
    const integrity = step.kind === 'file' ? step.integrity : undefined;
    return integrity === undefined ? stream : integrityChecked(stream, `layer ${layer.digest}`, integrity);
  } catch (error) {
    report.options.signal?.throwIfAborted();
    throw failureOf(error, 'source', { digest: layer.digest });
  }
}

function counted(stream: ReadableStream<Uint8Array>, digest: string, report: Report): ReadableStream<Uint8Array> {
  const { signal } = report.options;
  let seen = 0;
  return tapStream(stream, {
    chunk(chunk) {
      seen += chunk.length;
      report.progress(seen);
      return chunk;
    },
    fail: (error) => (signal?.aborted === true ? error : failureOf(error, 'source', { digest })),
  });
}
