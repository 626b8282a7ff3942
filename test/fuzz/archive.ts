import { gunzipStream, gzipStream, readArchive, readTar, tarStream, type TarMember } from '../../src/archive/index.ts';
import { bytesSource, streamOf } from '../../src/bytes/source.ts';
import { utf8 } from '../../src/bytes/encoding.ts';
import { concatBytes, readAll } from '../../src/bytes/stream.ts';
import { isPackError } from '../../src/errors.ts';
import { forge, forgePax, record, tarOf } from '../archive/forge.ts';

/** One parser under fuzzing: any bytes go in, and only a finding comes out as an error. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs, to mutate. */
  readonly seeds: readonly Uint8Array[];
  /** Rejects only where the parser broke a promise, never because the bytes are malformed. */
  run(bytes: Uint8Array): Promise<void>;
}

/** More than any mutated seed can hold: an output beyond it is a finding. */
const outputLimit = 64 << 20;

const limits = { totalBytes: 16 << 20 };

const tarSeeds: readonly Uint8Array[] = [
  tarOf(
    forge({ name: 'd/', flag: '5' }),
    forge({ name: 'd/a' }, 'content'),
    forge({ name: 'l', flag: '2', target: 'd/../d/a' }),
  ),
  tarOf(forgePax(record('path', 'ä/ö') + record('size', '3') + record('mtime', '1.5')), forge({ size: 9 }, 'abc')),
  tarOf(
    forge({ name: '././@LongLink', flag: 'L', magic: 'gnu' }, `${'long/'.repeat(30)}name\0`),
    forge({ magic: 'gnu' }, 'x'),
  ),
  tarOf(
    forgePax(record('comment', 'global'), 'g'),
    forge({ flag: '\0', magic: 'v7' }, 'x'.repeat(600)),
    forge({ name: 'h', flag: '1', target: 'a' }),
  ),
  tarOf(forge({ name: 'large' }, new Uint8Array(70_000).fill(7)), forge({ name: 'b', prefix: 'p' })),
];

const gzipSeeds: readonly Uint8Array[] = await Promise.all(
  [
    utf8(''),
    utf8('abcabcabcabc'),
    new Uint8Array(5000),
    tarSeeds[0] as Uint8Array,
    Uint8Array.from({ length: 40_000 }, (_, i) => (i * i) >>> 7),
  ].map(zip),
);

/** What the soak and the tests run. */
export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'tar',
    seeds: tarSeeds,
    run: (bytes) => tolerant(async () => checkMembers(readTar(streamOf(bytes), { limits }))),
  },
  {
    name: 'tar, in small chunks',
    seeds: tarSeeds,
    run: async (bytes) => {
      const [whole, cut] = await Promise.all([summary(streamOf(bytes)), summary(inChunks(bytes, 100))]);
      if (whole !== cut) throw new Error(`members depend on how the bytes are cut: ${whole} and ${cut}`);
    },
  },
  {
    name: 'gzip',
    seeds: [...gzipSeeds, concatBytes([gzipSeeds[1] as Uint8Array, gzipSeeds[2] as Uint8Array])],
    run: async (bytes) => {
      const [whole, cut] = await Promise.all([inflated(streamOf(bytes)), inflated(inChunks(bytes, 100))]);
      if (whole !== cut) throw new Error(`content depends on how the bytes are cut: ${whole} and ${cut}`);
    },
  },
  {
    name: 'archive',
    seeds: [...tarSeeds, ...gzipSeeds],
    run: (bytes) => tolerant(async () => checkMembers(readArchive(streamOf(bytes), { limits }))),
  },
  {
    name: 'tar that was read, written again',
    seeds: tarSeeds,
    run: (bytes) => tolerant(() => rewrite(bytes)),
  },
];

function zip(bytes: Uint8Array): Promise<Uint8Array> {
  return readAll(streamOf(bytes).pipeThrough(gzipStream()), { limit: outputLimit });
}

/** Lets refusals pass: an error of ours, with the code of an archive. */
async function tolerant(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    refusalOf(error);
  }
}

const refusals: readonly string[] = ['ERR_ARCHIVE_INVALID', 'ERR_UNSAFE_PATH', 'ERR_LIMIT_EXCEEDED', 'ERR_UNSUPPORTED'];

function refusalOf(error: unknown): string {
  if (isPackError(error) && refusals.includes(error.code)) return error.code;
  throw error;
}

/** Holds every member against what the reader promises. */
async function checkMembers(members: AsyncIterable<TarMember>): Promise<void> {
  const seen = new Set<string>();
  for await (const member of members) {
    const { path, type, size, mode } = member;
    const escapes =
      path === '' || path.startsWith('/') || path.split('/').some((part) => ['', '.', '..'].includes(part));
    if (escapes) throw new Error(`path escapes: ${JSON.stringify(path)}`);
    if (seen.has(path) && type !== 'directory') throw new Error(`path came twice: ${JSON.stringify(path)}`);
    if (type === 'hardlink' && !seen.has(member.target ?? ''))
      throw new Error(`hard link to nothing: ${JSON.stringify(path)}`);
    if ((mode & ~0o777) !== 0) throw new Error(`mode ${mode} has more than permissions`);
    seen.add(path);
    const body = await readAll(member.open(), { limit: outputLimit });
    if (body.length !== size) throw new Error(`body has ${body.length} bytes, the header says ${size}`);
  }
}

async function summary(stream: ReadableStream<Uint8Array>): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { path, type, size, mode, mtime, target } of readTar(stream, { limits })) {
      lines.push(JSON.stringify([path, type, size, mode, mtime, target]));
    }
  } catch (error) {
    // What came before the refusal depends on the chunks; the refusal does not.
    return refusalOf(error);
  }
  return lines.join('\n');
}

async function inflated(stream: ReadableStream<Uint8Array>): Promise<string> {
  try {
    const content = await readAll(stream.pipeThrough(gunzipStream({ limits })), { limit: outputLimit });
    return `${content.length} ${content.join()}`;
  } catch (error) {
    return refusalOf(error);
  }
}

async function rewrite(bytes: Uint8Array): Promise<void> {
  const read = async (stream: ReadableStream<Uint8Array>): Promise<{ member: TarMember; body: Uint8Array }[]> => {
    const all: { member: TarMember; body: Uint8Array }[] = [];
    for await (const member of readTar(stream, { limits })) {
      all.push({ member, body: await readAll(member.open(), { limit: outputLimit }) });
    }
    return all;
  };
  const first = await read(streamOf(bytes));
  const entries = first.map(({ member, body }) => ({
    path: member.path,
    type: member.type,
    executable: member.executable,
    target: member.target,
    mtime: Math.trunc(member.mtime),
    source: member.type === 'file' ? bytesSource(body) : undefined,
  }));
  const second = await read(tarStream(entries, { order: 'given' }));
  const shape = (all: typeof first): string =>
    JSON.stringify(
      all.map(({ member: { path, type, size, target, mtime }, body }) => [
        path,
        type,
        size,
        target,
        Math.trunc(mtime),
        body.join(),
      ]),
    );
  if (shape(first) !== shape(second)) throw new Error('a tree that was read and written again is another');
}

function inChunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(offset, (offset += size)));
    },
  });
}
