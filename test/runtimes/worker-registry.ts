import { join } from 'node:path';
import { root } from '../meta/source-tree.ts';
import { bundleFor } from './bundle.ts';
import { addModule } from './installed-package.ts';
import type { Runtimes } from './tools.ts';

interface WorkerRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}
interface WorkerResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}
interface Miniflare {
  dispatchFetch(url: string, request?: WorkerRequest): Promise<WorkerResponse>;
  dispose(): Promise<void>;
}
interface MiniflareModule {
  readonly Miniflare: new (options: Readonly<Record<string, unknown>>) => Miniflare;
}

/** Asks the registry that the example makes of a Worker. */
export type AskWorker = (path: string, request?: WorkerRequest) => Promise<WorkerResponse>;

/** Runs the example in workerd, as long as the task takes. */
export async function withWorkerRegistry<T>(
  project: string,
  runtimes: Runtimes,
  task: (ask: AskWorker) => Promise<T>,
): Promise<T> {
  const { Miniflare } = await runtimes.load<MiniflareModule>('miniflare');
  await addModule(project, 'worker-registry.js', join(root, 'examples/worker-registry.ts'));
  const entry = "export { default } from './worker-registry.js';";
  const script = await bundleFor(project, entry, ['workerd', 'worker', 'browser']);
  const worker = new Miniflare({ modules: true, script, compatibilityDate: '2026-04-01' });
  try {
    return await task((path, request) => worker.dispatchFetch(new URL(path, 'http://registry.example').href, request));
  } finally {
    await worker.dispose();
  }
}
