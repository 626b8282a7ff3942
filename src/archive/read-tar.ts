import { checkOptions } from '../bytes/check-options.ts';
import { streamOf } from '../bytes/source.ts';
import { chunksOf, streamFrom } from '../bytes/stream.ts';
import { UsageError } from '../errors.ts';
import { limitsOf, type ArchiveLimits } from './archive-limits.ts';
import type { TarEntryType } from './tar-entry.ts';
import type { ParsedMember } from './tar-member.ts';
import { TarParser } from './tar-parser.ts';

/** A member of an archive, safe to create below any folder once the members before it were created. */
export interface TarMember {
  /** Relative, with `/`, without `./` in front or a slash at the end. */
  readonly path: string;
  readonly type: TarEntryType;
  /** Bytes of the body; 0 for anything but a file. */
  readonly size: number;
  /** True where the owner may execute it. */
  readonly executable: boolean;
  /** The permissions, at most 0777. */
  readonly mode: number;
  /** Seconds since 1970, perhaps with a fraction; what the archive says, and no more to be trusted than that. */
  readonly mtime: number;
  /** Of a hard link: the path of a file before it. Of a symbolic link: what it says, which stays inside the tree. */
  readonly target?: string | undefined;
  /** The whole body of a file of at most 64 KiB. It is a view of a larger array: copy it to keep it for long. */
  readonly bytes?: Uint8Array | undefined;
  /** The body as a stream, which may be opened once, and read until the next member is asked for. */
  open(): ReadableStream<Uint8Array>;
}

/** What {@link readTar} takes. */
export interface ReadTarOptions {
  readonly limits?: Partial<ArchiveLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads a tar, member by member, and refuses what is malformed, what readers disagree on, and what could leave the
 * folder that it is unpacked into: see `createMemberCheck` for the rules between members.
 *
 * ustar, pax, old GNU and v7 are read. Owners, setuid, setgid and sticky bits are dropped. Devices, fifos and sparse
 * files are refused. Bodies that nobody reads are skipped. Until the iteration has ended, nothing that was read may be
 * trusted.
 *
 * @throws FormatError `ERR_ARCHIVE_INVALID`, `ERR_UNSAFE_PATH`, `ERR_LIMIT_EXCEEDED`.
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
 */
export async function* readTar(
  stream: ReadableStream<Uint8Array>,
  options: ReadTarOptions = {},
): AsyncGenerator<TarMember, void, undefined> {
  for await (const batch of readTarBatches(stream, options)) yield* batch;
}

/**
 * Reads a tar like {@link readTar}, but gives as many members at a time as lie in the bytes at hand: much faster for
 * many small files. Only the last member of a batch may be without `bytes`; it is skipped when the next is asked for.
 *
 * @throws FormatError as {@link readTar} does.
 */
export async function* readTarBatches(
  stream: ReadableStream<Uint8Array>,
  options: ReadTarOptions = {},
): AsyncGenerator<readonly TarMember[], void, undefined> {
  checkOptions('readTar', options, ['limits', 'signal']);
  const parser = new TarParser(limitsOf(options.limits));
  const chunks = chunksOf(stream, { signal: options.signal });
  const feed = async (): Promise<void> => {
    const next = await chunks.next();
    if (next.done === true) parser.end();
    else parser.push(next.value);
  };
  try {
    for (;;) {
      const batch = batchOf(parser, feed);
      if (batch.length > 0) yield batch;
      else if (parser.ended) return;
      else await feed();
    }
  } finally {
    await chunks.return();
  }
}

/** The members that lie in what was pushed, up to one whose body must be streamed. */
function batchOf(parser: TarParser, feed: () => Promise<void>): TarMember[] {
  const batch: TarMember[] = [];
  for (let parsed = parser.next(); parsed !== undefined; parsed = parser.next()) {
    const whole = parsed.type === 'file' ? parsed.bytes : nothing;
    batch.push(memberFrom(parsed, whole === undefined ? bodyOf(parsed, parser, feed) : () => streamOf(whole)));
    if (whole === undefined) break;
  }
  return batch;
}

const nothing: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

function memberFrom(parsed: ParsedMember, open: () => ReadableStream<Uint8Array>): TarMember {
  const { path, type, size, mode, mtime, target, bytes } = parsed;
  return { path, type, size, executable: (mode & 0o100) !== 0, mode, mtime, target, bytes, open };
}

function bodyOf(member: ParsedMember, parser: TarParser, feed: () => Promise<void>): () => ReadableStream<Uint8Array> {
  let opened = false;
  return () => {
    if (opened) throw outOfTurn(member.path, 'was opened before');
    opened = true;
    return streamFrom(bodyChunks(member, parser, feed));
  };
}

async function* bodyChunks(
  member: ParsedMember,
  parser: TarParser,
  feed: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = member.size; left > 0;) {
    if (parser.current !== member) throw outOfTurn(member.path, 'was passed by: the next member was asked for');
    const piece = parser.readBody();
    if (piece === undefined) {
      await feed();
      continue;
    }
    left -= piece.length;
    yield piece;
  }
}

function outOfTurn(path: string, what: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `tar member ${JSON.stringify(path)} ${what}`, {
    hint: 'read a member to its end, once, before asking for the next',
  });
}
