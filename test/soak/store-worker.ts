/* Work on stores in a process of its own, which may be killed: `store-worker JOB`, the job as JSON. */
import { doStoreWork, type StoreJob } from './store-work.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as StoreJob;
await doStoreWork(job, (line) => process.stdout.write(`${line}\n`));
