import { chunksOf } from '../bytes/stream.ts';
import type { PackEvent } from '../ports/operation.ts';
import type { Artifact, Source, SourceOptions } from '../ports/source.ts';
import { isPackError } from '../errors.ts';
import { bytesEqual, equal, errorOf, holds, present, rejectsWith, type TestRunner } from './assert.ts';
import { contentOf } from './bytes.ts';
import { defineCase, type DefineCase, type Disposable, type Subject } from './define-case.ts';

/** A source to be tested. */
export interface SourceUnderTest extends Disposable {
  readonly source: Source;
  /** What the source has, with at least two bytes. */
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
  /** What the source does not have. */
  readonly missing: Artifact;
}

/** The adapter that the suite is run on. */
export type SourceSubject = Subject<SourceUnderTest>;

type Case = DefineCase<SourceUnderTest>;

/**
 * Tests that an adapter keeps the contract of `Source`.
 *
 * @example
 * ```ts
 * sourceContract({ describe, it }, { name: 'my source', create: async () => ({ source, artifact, bytes, missing }) });
 * ```
 */
export function sourceContract(runner: TestRunner, subject: SourceSubject): void {
  const define = defineCase(runner, subject);
  runner.describe(`${subject.name} keeps the contract of a source`, () => {
    readCases(define);
    stopCases(define);
  });
}

function readCases(define: Case): void {
  define('has a name', ({ source }) => {
    holds(source.id.length > 0, 'the id is not empty');
    return Promise.resolve();
  });

  define('gives the bytes, again for each call, and to many at once', async ({ source, artifact, bytes }) => {
    bytesEqual(await readAll(source, artifact), bytes);
    const all = await Promise.all([1, 2, 3].map(() => readAll(source, artifact)));
    for (const one of all) bytesEqual(one, bytes);
  });

  define('says that it does not have what it does not have', async ({ source, missing }) => {
    const answer = await source.open(missing).catch((error: unknown) => {
      if (isPackError(error) && error.code === 'ERR_SOURCE_NOT_FOUND') return undefined;
      throw error;
    });
    holds(answer === undefined, 'nothing is given, or ERR_SOURCE_NOT_FOUND is thrown');
  });

  define('takes as many bytes as are allowed, and not one more', async ({ source, artifact, bytes }) => {
    bytesEqual(await readAll(source, artifact, { maxBytes: bytes.length }), bytes);
    await rejectsWith('ERR_LIMIT_EXCEEDED', () => readAll(source, artifact, { maxBytes: bytes.length - 1 }));
  });

  define('reports one start and one end of each operation', async ({ source, artifact }) => {
    const events: PackEvent[] = [];
    await readAll(source, artifact, { onEvent: (event) => events.push(event), parent: 'parent' });
    for (const op of new Set(events.map((event) => event.op))) {
      const kinds = events.filter((event) => event.op === op).map(({ kind }) => kind);
      equal(kinds[0], 'start', 'first event');
      equal(kinds.filter((kind) => kind === 'done' || kind === 'failed').length, 1, 'ends');
    }
  });
}

function stopCases(define: Case): void {
  define('ends with the reason of a signal, before it opens', async ({ source, artifact }) => {
    const reason = new Error('enough');
    const error = await errorOf(() => readAll(source, artifact, { signal: AbortSignal.abort(reason) }));
    holds(error === reason, 'the error is the reason');
  });

  define('ends with the reason of a signal, after it opened', async ({ source, artifact }) => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const { signal } = controller;
    const stream = present(await source.open(artifact, { signal }), 'stream');
    controller.abort(reason);
    const error = await errorOf(async () => {
      for await (const chunk of chunksOf(stream, { signal })) holds(chunk.length >= 0, 'chunks are arrays');
    });
    holds(error === reason, 'the error is the reason');
  });

  define('lets a reader stop early, and gives the bytes to the next', async ({ source, artifact, bytes }) => {
    const reader = present(await source.open(artifact), 'stream').getReader();
    await reader.read();
    await reader.cancel();
    bytesEqual(await readAll(source, artifact), bytes);
  });
}

async function readAll(source: Source, artifact: Artifact, options: SourceOptions = {}): Promise<Uint8Array> {
  return await contentOf(present(await source.open(artifact, options), 'stream'));
}
