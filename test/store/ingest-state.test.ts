import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/digest/index.ts';
import { IngestDigest, IngestTurns } from '../../src/store/ingest-state.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function* reading(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytes(part);
}

const never = (): AsyncIterable<Uint8Array> => {
  throw new Error('what is stored was read');
};

describe('IngestTurns', () => {
  it('refuses a call while another one runs, and takes the next one', async () => {
    const turns = new IngestTurns('store', 'abc');
    let release = (): void => undefined;
    const first = turns.take(() => new Promise<void>((resolve) => (release = resolve)));
    expect(turns.busy).toBe(true);
    await expect(turns.take(() => Promise.resolve())).rejects.toMatchObject({ code: 'ERR_CONFLICT', retryable: true });
    release();
    await first;
    await expect(turns.take(() => Promise.resolve(2))).resolves.toBe(2);
  });

  it('goes on after a call that failed', async () => {
    const turns = new IngestTurns('store', 'abc');
    await expect(turns.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(turns.take(() => Promise.resolve(2))).resolves.toBe(2);
  });

  it('knows no ingest that a call has ended', async () => {
    const turns = new IngestTurns('store', 'abc');
    await turns.take(async () => {
      turns.end();
      return Promise.resolve();
    });
    expect(turns.ended).toBe(true);
    await expect(turns.take(() => Promise.resolve())).rejects.toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
  });
});

describe('IngestDigest', () => {
  it('needs not read what it saw, and says it again', async () => {
    const digest = new IngestDigest(0);
    digest.update(bytes('a'));
    digest.update(bytes('b'));
    expect(await digest.of('sha256', never)).toBe(digestOf(bytes('ab')));
    expect(await digest.of('sha256', never)).toBe(digestOf(bytes('ab')));
  });

  it.each([
    ['of another algorithm', 0, 'sha512', () => undefined],
    ['where others wrote before', 1, 'sha256', () => undefined],
    ['where it saw more than was kept', 0, 'sha256', (digest: IngestDigest): void => digest.forget()],
  ] as const)('reads what is stored: %s', async (_what, offset, algorithm, change) => {
    const digest = new IngestDigest(offset);
    digest.update(bytes('wrong'));
    change(digest);
    expect(await digest.of(algorithm, () => reading('ab', 'c'))).toBe(digestOf(bytes('abc'), algorithm));
  });

  it('is another one after more bytes', async () => {
    const digest = new IngestDigest(0);
    digest.update(bytes('a'));
    await digest.of('sha256', never);
    digest.update(bytes('b'));
    expect(await digest.of('sha256', () => reading('a', 'b'))).toBe(digestOf(bytes('ab')));
  });
});
