import { bytesSource, createPackService, isPackError } from 'packwright';
import { httpRegistry, type HttpRegistryOptions } from 'packwright/registry/http';
import { memorySink } from 'packwright/sink/memory';

/** Registries that allow pages less than everything. Those that are asked for it hold `app:v1`. */
export interface CorsWorld {
  /** Lets pages of every origin read. */
  readonly reading: string;
  /** The same, for those who have the password. */
  readonly guarded: string;
  readonly username: string;
  readonly password: string;
  /** Knows nothing of CORS. */
  readonly silent: string;
  /** CNCF distribution, as it is installed; and the same with a password. */
  readonly distribution: string;
  readonly guardedDistribution: string;
  /** Sends pages to a token server that knows nothing of CORS. */
  readonly tokens: string;
  /** Sends pages to a storage that knows nothing of CORS, for blobs. */
  readonly storage: string;
  /** Where nothing listens. */
  readonly closed: string;
}

/** What came of a verb: nothing wrong, or what a person is told. */
export type CorsOutcome =
  | 'works'
  | { readonly code: string; readonly message: string; readonly hint?: string | undefined; readonly cors: unknown };

const file = { path: 'hello.txt', source: bytesSource(new TextEncoder().encode('hello\n')) };

async function outcomeOf(work: () => Promise<unknown>): Promise<CorsOutcome> {
  try {
    await work();
    return 'works';
  } catch (error) {
    if (!isPackError(error)) throw error;
    const { code, message, hint, details } = error;
    return { code, message, hint, cors: details['cors'] };
  }
}

async function verbsOf(host: string, options: Partial<HttpRegistryOptions> = {}): Promise<Record<string, CorsOutcome>> {
  const registry = httpRegistry({ host, retry: { attempts: 2, baseMs: 1 }, ...options });
  const service = createPackService({ registries: () => registry });
  const repository = registry.repository('app');
  return {
    pull: await outcomeOf(() => service.unpack(`${host}/app:v1`, memorySink())),
    push: await outcomeOf(() => service.pack({ files: [file] }, `${host}/other:v1`)),
    tag: await outcomeOf(async () => {
      const descriptor = await service.resolve(`${host}/app:v1`);
      await repository.tag('v2', descriptor);
    }),
    delete: await outcomeOf(() => repository.delete('v1')),
  };
}

/** What a page gets of each registry. */
export async function corsScenario(world: CorsWorld): Promise<Record<string, Record<string, CorsOutcome>>> {
  const { username, password } = world;
  const credentials = { kind: 'password', username, password } as const;
  return {
    reading: await verbsOf(world.reading),
    guarded: await verbsOf(world.guarded, { credentials }),
    silent: await verbsOf(world.silent),
    distribution: await verbsOf(world.distribution),
    guardedDistribution: await verbsOf(world.guardedDistribution, { credentials }),
    tokens: await verbsOf(world.tokens),
    storage: await verbsOf(world.storage),
    closed: await verbsOf(world.closed),
  };
}
