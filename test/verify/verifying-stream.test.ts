import { describe, expect, it } from 'vitest';
import { streamOf } from '../../src/bytes/source.ts';
import { readAll } from '../../src/bytes/stream.ts';
import { verifyingStream } from '../../src/verify/verifying-stream.ts';
import { policyOf, signed, testArtifact, trust } from './some-evidence.ts';

const options = { policy: policyOf(), trust };
const limit = 1024 * 1024;

/** The bytes one by one. */
function trickle(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let index = 0;
  return new ReadableStream({
    pull(controller) {
      if (index < bytes.length) controller.enqueue(bytes.subarray(index, ++index));
      else controller.close();
    },
  });
}

describe('a verifying stream', () => {
  it('passes the bytes through, and closes where the verdict is yes', async () => {
    const { stream, report } = verifyingStream(await signed('message'), options);
    expect(await readAll(trickle(testArtifact).pipeThrough(stream), { limit })).toEqual(testArtifact);
    expect(await report).toMatchObject({ verdict: 'passed' });
  });

  it('fails behind the last byte where the verdict is no', async () => {
    const { stream, report } = verifyingStream(await signed('message'), options);
    const reader = streamOf(new Uint8Array(5)).pipeThrough(stream).getReader();
    expect((await reader.read()).value?.length).toBe(5);
    await expect(reader.read()).rejects.toMatchObject({ code: 'ERR_SUBJECT_MISMATCH', report: { verdict: 'failed' } });
    expect(await report).toMatchObject({ verdict: 'failed', code: 'ERR_SUBJECT_MISMATCH' });
  });

  it('fails where bytes are missing', async () => {
    const { stream } = verifyingStream(await signed('message'), options);
    const cut = trickle(testArtifact.subarray(1)).pipeThrough(stream);
    await expect(readAll(cut, { limit })).rejects.toMatchObject({ code: 'ERR_SUBJECT_MISMATCH' });
  });

  it('has no report where its source fails', async () => {
    const { stream, report } = verifyingStream(await signed('message'), options);
    const failing = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(new Error('disk')) });
    await expect(readAll(failing.pipeThrough(stream), { limit })).rejects.toThrow('disk');
    await expect(report).rejects.toThrow('disk');
  });

  it('has no report where its reader goes away', async () => {
    const { stream, report } = verifyingStream(await signed('message'), options);
    const reader = trickle(testArtifact).pipeThrough(stream).getReader();
    await reader.read();
    await reader.cancel(new Error('enough'));
    await expect(report).rejects.toThrow('enough');
  });

  it.each([0, 5])('ends with its signal, after %i ms', async (delay) => {
    const signal = delay === 0 ? AbortSignal.abort() : AbortSignal.timeout(delay);
    const { stream, report } = verifyingStream(await signed('message'), { ...options, signal });
    const name = delay === 0 ? 'AbortError' : 'TimeoutError';
    await expect(readAll(stream.readable, { limit })).rejects.toMatchObject({ name });
    await expect(report).rejects.toMatchObject({ name });
  });

  it('does not run ahead of its reader', async () => {
    const { stream } = verifyingStream(await signed('message'), options);
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(10));
      },
    });
    const reader = endless.pipeThrough(stream).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBeLessThan(10);
    await reader.cancel();
  });

  it('refuses what cannot be used before a byte flows', async () => {
    const bundle = await signed('message');
    expect(() => verifyingStream(bundle, { policy: { version: 1 } as never })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});
