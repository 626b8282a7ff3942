import { outcomesIn, type Outcomes } from '../runtimes/stores/contract-outcomes.ts';
import { suites } from './store-contracts.ts';
import { scenarios, workerTasks } from './store-scenarios.ts';

/** The script of a page, and of its workers. */
interface Task {
  readonly task: string;
  readonly kind: string;
  readonly name: string;
}

const outcomesOf = (suite: string): Promise<Outcomes> => outcomesIn(suites, suite);

/** What a case of a contract gives in a worker that loads the same script. */
async function outcomesInWorker(suite: string): Promise<unknown> {
  const worker = new Worker('/page.js', { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ task: 'outcomes', kind: suite, name: '' } satisfies Task);
    });
  } finally {
    worker.terminate();
  }
}

if (typeof document === 'undefined') {
  addEventListener('message', ({ data }: MessageEvent<Task>) => {
    const { task, kind, name } = data;
    const answer = task === 'outcomes' ? outcomesOf(kind) : workerTasks[task]?.(kind, name);
    void answer?.then((value) => postMessage(value));
  });
}
Object.assign(globalThis, { outcomesOf, outcomesInWorker, scenarios });
