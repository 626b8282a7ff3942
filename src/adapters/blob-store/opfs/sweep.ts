import type { SweptUploads } from '../shared/hourly-sweep.ts';
import type { OpfsFolder } from './folder.ts';

/** What Chromium writes a copy to, beside its file; a page that is closed leaves it. */
const swapSuffix = /\.crswap$/;

/** Removes files that nobody has written to for so many milliseconds, and nobody writes to now. */
export async function sweepFiles(
  folder: OpfsFolder,
  olderThan: number,
  signal: AbortSignal | undefined,
): Promise<SweptUploads> {
  const limit = Date.now() - olderThan;
  const swept = { uploads: 0, bytes: 0 };
  const facts = { action: 'write', what: 'uploads' } as const;
  const names: string[] = await folder.run(facts, async () => {
    const all: string[] = [];
    for await (const name of (await folder.folder('tmp')).keys()) all.push(name);
    return all;
  });
  for (const name of names) {
    signal?.throwIfAborted();
    // Who writes has the lock.
    await folder.run(facts, () =>
      folder.ifUnlocked(name.replace(swapSuffix, ''), async () => {
        const file = await folder.file('tmp', name);
        if (file === undefined || file.lastModified > limit || !(await folder.remove('tmp', name))) return;
        if (!swapSuffix.test(name)) swept.uploads++;
        swept.bytes += file.size;
      }),
    );
  }
  return swept;
}
