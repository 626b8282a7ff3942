import type { ByteSource } from '../bytes/source.ts';
import { contentCheck, type ContentCheck, type Digest } from '../digest/index.ts';
import { FormatError, IntegrityError, SourceError } from '../errors.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { startReport, type Report } from '../ports/report.ts';
import type { Artifact, Source } from '../ports/source.ts';
import { addDetails } from './failure.ts';
import { integrityCheck } from './integrity-check.ts';
import { tapStream } from './tap-stream.ts';
import type { Stage, StagedBlob } from './stage.ts';

/** How often wrong bytes are fetched again, over all sources together. */
const maxAttempts = 5;

/** An artifact, and what a frozen lock says of its bytes. */
export interface WantedArtifact extends Artifact {
  readonly pinned?: { readonly digest: Digest; readonly size: number } | undefined;
}

/** What fetching needs to know besides the artifact. */
export interface FetchContext<T extends StagedBlob> {
  readonly sources: readonly Source[];
  readonly stage: Stage<T>;
  /** Bytes that one artifact may have. */
  readonly maxBytes: number;
  /** Is told of every byte that arrives, and throws when all artifacts together are too large. */
  readonly count: (bytes: number) => void;
}

/**
 * Brings an artifact into the stage, from the first source that has the right bytes. They are checked against the
 * digests of the artifact while they flow, and read once.
 *
 * A source that does not have it, that fails, or that gives wrong bytes is followed by the next one, which an event
 * says. Wrong bytes are asked for again, 5 times in all.
 *
 * @throws IntegrityError where all that came was wrong; SourceError where nothing came; FormatError
 * `ERR_LIMIT_EXCEEDED`; whatever the stage throws.
 */
export async function fetchArtifact<T extends StagedBlob>(
  artifact: WantedArtifact,
  context: FetchContext<T>,
  options: OperationOptions,
): Promise<T> {
  const report = startReport({ verb: 'fetch', name: artifact.name, total: artifact.size }, options);
  try {
    const blob = await tryAll(artifact, context, report);
    report.done();
    return blob;
  } catch (error) {
    report.failed(error);
    throw addDetails(error, { entry: artifact.name });
  }
}

async function tryAll<T extends StagedBlob>(
  artifact: WantedArtifact,
  context: FetchContext<T>,
  report: Report,
): Promise<T> {
  const failures: unknown[] = [];
  let sources = context.sources;
  for (let attempts = 0; sources.length > 0 && attempts < maxAttempts;) {
    const wrong: Source[] = [];
    for (const source of sources) {
      const outcome = await trySource(artifact, source, context, report);
      if ('blob' in outcome) return outcome.blob;
      report.note(outcome.wrong ? 'retry' : 'fallback', outcome.message);
      if (outcome.failure !== undefined) failures.push(outcome.failure);
      if (!outcome.wrong) continue;
      wrong.push(source);
      if (++attempts === maxAttempts) break;
    }
    sources = wrong;
  }
  throw verdict(artifact, context.sources, failures);
}

type Outcome<T> =
  { readonly blob: T } | { readonly wrong: boolean; readonly message: string; readonly failure?: unknown };

async function trySource<T extends StagedBlob>(
  artifact: WantedArtifact,
  source: Source,
  context: FetchContext<T>,
  report: Report,
): Promise<Outcome<T>> {
  const reader = artifactReader(artifact, source, context, report);
  try {
    return { blob: await context.stage.add(reader.source, report.options) };
  } catch (error) {
    report.options.signal?.throwIfAborted();
    if (reader.missing()) return { wrong: false, message: `${source.id} does not have it` };
    const failure = reader.failure();
    // What the stage did wrong is not cured by another source, and neither is what is too large.
    if (failure === undefined || failure instanceof FormatError) throw failure ?? error;
    const message = failure instanceof Error ? failure.message : 'failed';
    return { wrong: failure instanceof IntegrityError, message: `${source.id}: ${message}`, failure };
  }
}

interface ArtifactReader {
  readonly source: ByteSource;
  /** True when the source does not have the artifact. */
  missing(): boolean;
  /** What went wrong at the source, rather than where its bytes went. */
  failure(): unknown;
}

type Reading = Pick<FetchContext<StagedBlob>, 'maxBytes' | 'count'>;

function artifactReader(artifact: WantedArtifact, from: Source, context: Reading, report: Report): ArtifactReader {
  let failure: unknown;
  let missing = false;
  const fail = (error: unknown): unknown => (failure = error);
  return {
    missing: () => missing,
    failure: () => failure,
    source: {
      open: async ({ signal } = {}) => {
        const options = { ...report.options, signal, maxBytes: context.maxBytes };
        const stream = await from.open(artifact, options).catch((error: unknown) => {
          throw fail(error);
        });
        missing = stream === undefined;
        if (stream === undefined) throw new Error(`${from.id} does not have ${artifact.name}`);
        return checked(stream, { artifact, from, context, report, fail });
      },
    },
  };
}

interface CheckOptions {
  readonly artifact: WantedArtifact;
  readonly from: Source;
  readonly context: Reading;
  readonly report: Report;
  readonly fail: (error: unknown) => unknown;
}

function checked(stream: ReadableStream<Uint8Array>, options: CheckOptions): ReadableStream<Uint8Array> {
  const { artifact, from, context, report, fail } = options;
  const checks = checksOf(artifact, from);
  let size = 0;
  return tapStream(stream, {
    chunk(chunk) {
      size += chunk.length;
      if (size > context.maxBytes) throw tooLarge(artifact.name, context.maxBytes);
      context.count(chunk.length);
      for (const check of checks) check.update(chunk);
      report.progress(size);
      return chunk;
    },
    end() {
      for (const check of checks) check.end();
    },
    fail,
  });
}

function checksOf(artifact: WantedArtifact, from: Source): readonly ContentCheck[] {
  const { name, digests, pinned } = artifact;
  const integrity = integrityCheck(`${name} from ${from.id}`, digests, wrongBytesHint);
  return pinned === undefined ? [integrity] : [integrity, contentCheck(pinned)];
}

const wrongBytesHint =
  'the registry or mirror gives other bytes than those that were locked: find out why before you change the lockfile';

/** The error of an artifact that is larger than it may be. */
export function tooLarge(name: string, limit: number): FormatError {
  return new FormatError('ERR_LIMIT_EXCEEDED', `${name} is larger than the limit of ${limit} bytes`, {
    hint: 'raise limits.artifactBytes if it really is that large',
    details: { limit, entry: name },
  });
}

/** Wrong bytes weigh more than a source that failed: they are what somebody must look at. */
function verdict(artifact: Artifact, sources: readonly Source[], failures: readonly unknown[]): unknown {
  const wrong = failures.findLast((failure) => failure instanceof IntegrityError);
  const last = wrong ?? failures.at(-1);
  if (last !== undefined) return last;
  const asked = sources.map(({ id }) => id).join(', ');
  return new SourceError(
    'ERR_SOURCE_NOT_FOUND',
    sources.length === 0
      ? `${artifact.name} cannot be fetched: there is no source`
      : `${artifact.name} is in none of ${asked}`,
    {
      ...(artifact.location === undefined ? {} : { origin: withoutSecrets(artifact.location) }),
      hint:
        artifact.location === undefined
          ? 'the lockfile names no address for it: pass locate, or a source that has it'
          : 'pass a source that can reach its address',
    },
  );
}

function withoutSecrets(location: string): string {
  try {
    const url = new URL(location);
    return `${url.origin}${url.pathname}`;
  } catch {
    return '';
  }
}
