import { bundleFor } from './bundle.ts';
import type { ServedRegistry } from './served-registries.ts';
import type { Runtimes } from './tools.ts';

const scenarioEntry = `import { scenario } from './scenario.js';
export default { fetch: async () => Response.json(await scenario()) };`;

interface Miniflare {
  dispatchFetch(
    url: string,
    init: { readonly method: string; readonly body: string },
  ): Promise<{ status: number; text(): Promise<string> }>;
  /** Where it listens. */
  readonly ready: Promise<URL>;
  dispose(): Promise<void>;
}
interface MiniflareModule {
  readonly Miniflare: new (options: Readonly<Record<string, unknown>>) => Miniflare;
}

/** Runs the scenario inside a Worker. */
export function runInWorkerd(project: string, runtimes: Runtimes): Promise<unknown> {
  return inWorkerd(project, runtimes, scenarioEntry, {});
}

/** Gives a Worker that is made of `entry` some JSON, and gives the JSON that it answers. */
export async function inWorkerd(
  project: string,
  runtimes: Runtimes,
  entry: string,
  input: unknown,
  options: WorkerOptions = {},
): Promise<unknown> {
  const worker = await startWorker(project, runtimes, entry, options);
  try {
    const request = { method: 'POST', body: JSON.stringify(input) };
    const response = await worker.dispatchFetch('http://worker.example/', request);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`worker answered ${response.status}: ${text}`);
    return JSON.parse(text) as unknown;
  } finally {
    await worker.dispose();
  }
}

/** Serves a Worker that is made of `entry`. */
export async function serveWorker(project: string, runtimes: Runtimes, entry: string): Promise<ServedRegistry> {
  const worker = await startWorker(project, runtimes, entry);
  const { host } = await worker.ready;
  return { host, stop: () => worker.dispose() };
}

/** What a Worker gets of its platform. */
export interface WorkerOptions {
  /** The modules of Node that workerd has, and its sockets, for libraries that need them; packwright itself does not. */
  readonly nodejs?: boolean | undefined;
}

async function startWorker(
  project: string,
  runtimes: Runtimes,
  entry: string,
  { nodejs = false }: WorkerOptions = {},
): Promise<Miniflare> {
  const { Miniflare } = await runtimes.load<MiniflareModule>('miniflare');
  const modules = nodejs ? ['node:*', 'cloudflare:*'] : [];
  const script = await bundleFor(project, entry, ['workerd', 'worker', 'browser'], modules);
  const compatibilityFlags = nodejs ? ['nodejs_compat'] : [];
  return new Miniflare({ modules: true, script, compatibilityDate: '2026-04-01', compatibilityFlags });
}
