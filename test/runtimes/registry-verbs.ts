import {
  blobSource,
  bytesSource,
  createPackService,
  digestOf,
  streamSource,
  type ByteSource,
  type Descriptor,
  type PackService,
  type Repository,
} from 'packwright';
import { httpRegistry, type HttpRegistryOptions } from 'packwright/registry/http';
import { memorySink } from 'packwright/sink/memory';
import { codeOf, collect, listOf, someBytes, someText } from './some-bytes.ts';

/** The registries that a client is tried on, each with the host and port that it listens on. */
export interface RegistryWorld {
  /** Lets everybody do everything. */
  readonly open: string;
  /** Lets in who has the password. */
  readonly guarded: string;
  readonly username: string;
  readonly password: string;
  /** Gives every blob with one bit flipped, and cuts the first answer about each large one. */
  readonly faulty: string;
  /** Where nothing listens. */
  readonly closed: string;
  /** What the repositories of this client begin with. */
  readonly space: string;
}

/** What a client does, and the fact that is looked at in the end. */
export type RegistryVerb = (world: RegistryWorld) => Promise<void>;

const size = 5 * 1024 * 1024 + 17;
const type = 'application/octet-stream';

function same(what: string, got: unknown, expected: unknown): void {
  const [is, was] = [JSON.stringify(got), JSON.stringify(expected)];
  if (is !== was) throw new Error(`${what}: ${is}, expected ${was}`);
}

/** Bytes that no other verb sends: what a registry has already is not sent again. */
function content(seed: number): { readonly bytes: Uint8Array<ArrayBuffer>; readonly descriptor: Descriptor } {
  const bytes = someBytes(size, seed);
  return { bytes, descriptor: { mediaType: type, digest: digestOf(bytes), size } };
}

function serviceFor({ open }: RegistryWorld, options: Partial<HttpRegistryOptions> = {}): PackService {
  const registry = httpRegistry({ host: open, ...options });
  return createPackService({ registries: () => registry });
}

function repositoryOf({ open, space }: RegistryWorld, options: Partial<HttpRegistryOptions> = {}): Repository {
  return httpRegistry({ host: open, ...options }).repository(`${space}/raw`);
}

const input = {
  files: [
    { path: 'docs/readme.md', source: bytesSource(someText(2)) },
    { path: 'tool', source: bytesSource(someText(40_000)), executable: true },
  ],
  artifactType: 'application/vnd.example.thing',
};

/** Opened again and again, with no Blob behind it: chunks of an odd size. */
function chunkedSource(bytes: Uint8Array<ArrayBuffer>, onChunk: () => void = () => undefined): ByteSource {
  const open = (): ReadableStream<Uint8Array> => {
    let offset = 0;
    return new ReadableStream({
      pull(controller) {
        onChunk();
        const chunk = bytes.slice(offset, offset + 99_991);
        offset += chunk.length;
        if (chunk.length > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
  };
  return streamSource(open, { size: bytes.length });
}

async function sent(repository: Repository, descriptor: Descriptor, source: ByteSource): Promise<void> {
  same('created', await repository.blob.put(descriptor, source), { created: true });
  const stored = await repository.blob.get(descriptor.digest);
  if (stored === undefined) throw new Error('blob is not there');
  same('digest', digestOf(await collect(await stored.open())), descriptor.digest);
}

async function packAndUnpack(world: RegistryWorld): Promise<void> {
  const service = serviceFor(world);
  const to = `${world.open}/${world.space}/thing:v1`;
  const packed = await service.pack(input, to);
  const sink = memorySink();
  await service.unpack(to, sink);
  const files = [...sink.files()].flatMap(([path, entry]) =>
    entry.type === 'file' ? [[path, digestOf(entry.bytes)]] : [],
  );
  same('files', files, [
    ['docs/readme.md', digestOf(someText(2))],
    ['tool', digestOf(someText(40_000))],
  ]);
  const again = await service.pack(input, to);
  same('pushed again', [again.digest, again.uploaded.blobs], [packed.digest, 0]);
}

async function copyToMemory(world: RegistryWorld): Promise<void> {
  const { digest } = await serviceFor(world).pack(input, `${world.open}/${world.space}/pulled:v1`);
  const registry = httpRegistry({ host: world.open });
  const memory = createPackService();
  const location = { repository: registry.repository(`${world.space}/pulled`), reference: 'v1' };
  const { copied } = await memory.copy(location, 'memory.example/thing:v1');
  same('copied', copied.blobs, 3);
  same('digest', (await memory.resolve('memory.example/thing:v1')).digest, digest);
  const there = { repository: registry.repository(`${world.space}/returned`), reference: 'v1' };
  await memory.copy('memory.example/thing:v1', there);
  same('returned', (await there.repository.resolve('v1'))?.digest, digest);
}

async function listAndDelete(world: RegistryWorld): Promise<void> {
  const service = serviceFor(world);
  const registry = httpRegistry({ host: world.open });
  const repository = registry.repository(`${world.space}/tags`);
  for (const tag of ['v1', 'v2', 'v3']) await service.pack(input, `${world.open}/${world.space}/tags:${tag}`);
  same('tags', await listOf(repository.tags()), ['v1', 'v2', 'v3']);
  same('after', await listOf(repository.tags({ after: 'v1', limit: 1 })), ['v2']);
  same('deleted', await repository.delete('v2'), true);
  same('tags', await listOf(repository.tags()), ['v1', 'v3']);
  const names = await listOf(registry.repositories());
  same('repository', names.includes(`${world.space}/tags`), true);
}

async function attachAndFind(world: RegistryWorld): Promise<void> {
  const service = serviceFor(world);
  const subject = `${world.open}/${world.space}/subject:v1`;
  const { digest } = await service.pack(input, subject);
  const files = [{ path: 'note', source: bytesSource(someText(1)) }];
  const note = await service.attach(subject, { files, artifactType: 'application/vnd.example.note' });
  await service.attach(subject, { files, artifactType: 'application/vnd.example.other' });
  const repository = httpRegistry({ host: world.open }).repository(`${world.space}/subject`);
  const all = await repository.referrers(digest);
  same('referrers', [all.from, all.referrers.length], ['api', 2]);
  const { referrers } = await repository.referrers(digest, { artifactType: 'application/vnd.example.note' });
  same(
    'of a type',
    referrers.map((referrer) => referrer.digest),
    [note.digest],
  );
}

async function mount(world: RegistryWorld): Promise<void> {
  const service = serviceFor(world);
  await service.pack(input, `${world.open}/${world.space}/base:v1`);
  const { copied, mounted } = await service.copy(
    `${world.open}/${world.space}/base:v1`,
    `${world.open}/${world.space}/mounted:v1`,
  );
  same('moved', [copied.blobs, mounted.blobs], [0, 3]);
}

async function readRange(world: RegistryWorld): Promise<void> {
  const { bytes, descriptor } = content(1);
  const repository = repositoryOf(world);
  await repository.blob.put(descriptor, bytesSource(bytes));
  const stored = await repository.blob.get(descriptor.digest);
  const part = await stored?.openUnverifiedRange(1_000_000, 1_000_099);
  same('range', digestOf(await collect(part ?? new ReadableStream())), digestOf(bytes.slice(1_000_000, 1_000_099)));
}

async function refuseWrongPush(world: RegistryWorld): Promise<void> {
  const repository = repositoryOf(world);
  for (const [seed, sourceOf] of [
    [11, bytesSource],
    [12, chunkedSource],
    [13, (bytes: Uint8Array<ArrayBuffer>) => blobSource(new Blob([bytes]))],
  ] as const) {
    const { bytes, descriptor } = content(seed);
    bytes[size - 1] = (bytes[size - 1] ?? 0) ^ 1;
    const code = await codeOf(() => repository.blob.put(descriptor, sourceOf(bytes)));
    same('code', code, 'ERR_DIGEST_MISMATCH');
    same('stored', await repository.blob.stat(descriptor.digest), undefined);
  }
}

async function refuseWrongPull({ faulty }: RegistryWorld): Promise<void> {
  const { descriptor } = content(99);
  const stored = await httpRegistry({ host: faulty }).repository('faulty').blob.get(descriptor.digest);
  same('code', await codeOf(async () => collect(await (stored ?? fail()).open())), 'ERR_DIGEST_MISMATCH');
}

function fail(): never {
  throw new Error('blob is not there');
}

async function resumePull({ faulty }: RegistryWorld): Promise<void> {
  const { descriptor } = content(98);
  const stored = await httpRegistry({ host: faulty }).repository('cut').blob.get(descriptor.digest);
  same('digest', digestOf(await collect(await (stored ?? fail()).open())), descriptor.digest);
}

async function abortPush(world: RegistryWorld): Promise<void> {
  const { bytes, descriptor } = content(21);
  const repository = repositoryOf(world);
  const stopper = new AbortController();
  let chunks = 0;
  const source = chunkedSource(bytes, () => {
    if (++chunks === 20) stopper.abort('enough');
  });
  const reason = await repository.blob.put(descriptor, source, { signal: stopper.signal }).then(
    () => 'no error',
    (error: unknown) => error,
  );
  same('reason', reason, 'enough');
  same('stored', await repository.blob.stat(descriptor.digest), undefined);
}

async function abortPull(world: RegistryWorld): Promise<void> {
  const { bytes, descriptor } = content(22);
  const repository = repositoryOf(world);
  await repository.blob.put(descriptor, bytesSource(bytes));
  const stopper = new AbortController();
  const { signal } = stopper;
  const reader = (await (await repository.blob.get(descriptor.digest))?.open({ signal }))?.getReader();
  await reader?.read();
  stopper.abort('enough');
  let reason: unknown = 'no error';
  for (let done = false; !done;) {
    done = await (reader ?? fail()).read().then(
      (next) => next.done,
      (error: unknown) => {
        reason = error;
        return true;
      },
    );
  }
  same('reason', reason, 'enough');
}

async function usePassword(world: RegistryWorld): Promise<void> {
  const { guarded: host, username, password, space } = world;
  const to = { ...world, open: host };
  const service = serviceFor(to, { credentials: { kind: 'password', username, password } });
  const { digest } = await service.pack(input, `${host}/${space}/guarded:v1`);
  const sink = memorySink();
  await service.unpack(`${host}/${space}/guarded:v1`, sink);
  same('digest', (await service.resolve(`${host}/${space}/guarded:v1`)).digest, digest);
  const { bytes, descriptor } = content(23);
  await sent(
    repositoryOf(to, { credentials: { kind: 'password', username, password } }),
    descriptor,
    chunkedSource(bytes),
  );
  const wrong = serviceFor(to, { credentials: { kind: 'password', username, password: 'guessed' } });
  const nobody = serviceFor(to);
  for (const other of [wrong, nobody]) {
    same('code', await codeOf(() => other.resolve(`${host}/${space}/guarded:v1`)), 'ERR_REGISTRY_UNAUTHORIZED');
    same('code', await codeOf(() => other.pack(input, `${host}/${space}/guarded:v2`)), 'ERR_REGISTRY_UNAUTHORIZED');
  }
}

async function missing(world: RegistryWorld): Promise<void> {
  const service = serviceFor(world);
  same('code', await codeOf(() => service.resolve(`${world.open}/${world.space}/none:v1`)), 'ERR_REGISTRY_NOT_FOUND');
  same('blob', await repositoryOf(world).blob.stat(content(24).descriptor.digest), undefined);
}

async function nobodyThere(world: RegistryWorld): Promise<void> {
  const registry = httpRegistry({ host: world.closed, retry: { attempts: 1 } });
  same('code', await codeOf(() => registry.repository('some').resolve('v1')), 'ERR_REGISTRY_NETWORK');
}

const upload =
  (
    seed: number,
    sourceOf: (bytes: Uint8Array<ArrayBuffer>) => ByteSource,
    options: Partial<HttpRegistryOptions> = {},
  ) =>
  async (world: RegistryWorld): Promise<void> => {
    const { bytes, descriptor } = content(seed);
    await sent(repositoryOf(world, options), descriptor, sourceOf(bytes));
  };
const file = (bytes: Uint8Array<ArrayBuffer>): ByteSource => blobSource(new Blob([bytes]));
const inOne = { profile: { chunked: false } } as const;
const inParts = { profile: { maxBodyBytes: 1024 * 1024 } } as const;

/** Everything that a client of a registry does, by the words of a test. */
export const registryVerbs: Readonly<Record<string, RegistryVerb>> = {
  'pushes a pack from memory, pulls it, and moves nothing the second time': packAndUnpack,
  'copies into memory and back': copyToMemory,
  'lists tags and repositories, and deletes': listAndDelete,
  'attaches, and finds that among the referrers': attachAndFind,
  'mounts what another repository has': mount,
  'sends bytes': upload(2, bytesSource),
  'sends a file': upload(3, file),
  'sends a stream': upload(4, chunkedSource),
  'sends bytes in parts': upload(5, bytesSource, inParts),
  'sends a file in parts': upload(6, file, inParts),
  'sends a stream in parts': upload(7, chunkedSource, inParts),
  'sends a file where parts are not taken': upload(8, file, inOne),
  'sends a stream where parts are not taken': upload(9, chunkedSource, inOne),
  'reads a range': readRange,
  'refuses to push wrong bytes': refuseWrongPush,
  'refuses wrong bytes that it pulls': refuseWrongPull,
  'goes on where a pull was cut': resumePull,
  'ends a push with the reason of its signal': abortPush,
  'ends a pull with the reason of its signal': abortPull,
  'shows a password, and is refused with a wrong one or none': usePassword,
  'says what is not found': missing,
  'says where nobody answers': nobodyThere,
};

/** Blobs that a faulty registry has to have: what it flips, and what it cuts. */
export const faultyBlobs: readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] = [
  content(99).bytes,
  content(98).bytes,
];

/** Does all of it: for each verb `works`, or what went wrong. */
export async function registryScenario(world: RegistryWorld): Promise<Record<string, string>> {
  const outcome: Record<string, string> = {};
  for (const [name, verb] of Object.entries(registryVerbs)) {
    outcome[name] = await verb(world).then(
      () => 'works',
      (error: unknown) => wordsOf(error),
    );
  }
  return outcome;
}

function wordsOf(error: unknown): string {
  const { stack = '', hint, cause } = error as { stack?: string; hint?: string; cause?: unknown };
  const because = cause === undefined ? '' : `, because of ${wordsOf(cause)}`;
  return `${String(error)}${hint === undefined ? '' : ` (${hint})`}\n${stack}${because}`;
}
