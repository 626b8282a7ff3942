import { describe, expect, it } from 'vitest';
import { chunksOf, streamFrom } from '../../src/bytes/stream.ts';
import { FormatError } from '../../src/errors.ts';
import { startReport } from '../../src/ports/report.ts';
import type { Source } from '../../src/ports/source.ts';
import { sourceContract, type TestRunner } from '../../src/testing/index.ts';
import { chunkedSource, someBytes } from '../../src/testing/bytes.ts';
import { failuresOf, firstFailureOf } from './collect-cases.ts';

const bytes = someBytes(50_000);

/** A source over an array that keeps the contract. */
const right: Source = {
  id: 'array',
  async open(artifact, options = {}) {
    options.signal?.throwIfAborted();
    if (artifact.location !== 'here') return undefined;
    const report = startReport({ verb: 'read', name: artifact.name }, options);
    const stream = await chunkedSource(bytes).open();
    return streamFrom(limited(stream, options.maxBytes ?? Infinity, report));
  },
};

async function* limited(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  report: ReturnType<typeof startReport>,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunksOf(stream)) {
    size += chunk.length;
    if (size > limit) throw new FormatError('ERR_LIMIT_EXCEEDED', 'too large');
    yield chunk;
  }
  report.done();
}

const mutants: Record<string, Partial<Source>> = {
  'has no name': { id: '' },
  'gives other bytes': { open: () => chunkedSource(someBytes(50_000, 2)).open() },
  'gives too few bytes': { open: () => chunkedSource(bytes.subarray(1)).open() },
  'has what it has not': { open: (artifact, options) => right.open({ ...artifact, location: 'here' }, options) },
  'ignores the limit': { open: (artifact, options) => right.open(artifact, { ...options, maxBytes: undefined }) },
  'allows one byte less': {
    open: (artifact, options) =>
      right.open(artifact, {
        ...options,
        maxBytes: options?.maxBytes === undefined ? undefined : options.maxBytes - 1,
      }),
  },
  'ignores a signal': { open: (artifact, options) => right.open(artifact, { ...options, signal: undefined }) },
  'ends an operation twice': {
    open: (artifact, options = {}) => {
      options.onEvent?.({ op: 'x', verb: 'read', kind: 'start', bytes: 0 });
      options.onEvent?.({ op: 'x', verb: 'read', kind: 'done', bytes: 0 });
      options.onEvent?.({ op: 'x', verb: 'read', kind: 'failed', bytes: 0 });
      return right.open(artifact, options);
    },
  },
};

const suiteFor =
  (mutant: Partial<Source>) =>
  (runner: TestRunner): void => {
    const source = { ...right, ...mutant };
    const artifact = { name: 'here', location: 'here', digests: [] };
    const missing = { name: 'there', location: 'there', digests: [] };
    const create = (): ReturnType<Parameters<typeof sourceContract>[1]['create']> =>
      Promise.resolve({ source, artifact, bytes, missing });
    sourceContract(runner, { name: 'mutant', create });
  };

describe('sourceContract', () => {
  it('lets a source pass that keeps it', async () => {
    expect(await failuresOf(suiteFor({}))).toEqual([]);
  });

  it.each(Object.entries(mutants))('catches a source that %s', async (_, mutant) => {
    expect(await firstFailureOf(suiteFor(mutant))).toBeDefined();
  });

  it('catches a source that gives its bytes only once', async () => {
    let stream: Promise<ReadableStream<Uint8Array> | undefined> | undefined;
    const once: Partial<Source> = { open: (artifact, options) => (stream ??= right.open(artifact, options)) };
    expect(await firstFailureOf(suiteFor(once))).toBeDefined();
  });
});
