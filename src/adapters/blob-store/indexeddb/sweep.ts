import type { SweptUploads } from '../shared/hourly-sweep.ts';
import { answerOf, type Database } from './database.ts';
import { removeUpload, uploadEntry, type UploadEntry } from './entries.ts';

/** Removes uploads that nobody has written to for so many milliseconds. */
export async function sweepAbandoned(
  database: Database,
  olderThan: number,
  signal: AbortSignal | undefined,
): Promise<SweptUploads> {
  const limit = Date.now() - olderThan;
  const facts = { action: 'write', what: 'uploads' } as const;
  const found = await database.run(facts, { stores: ['uploads'], mode: 'readonly', signal }, async (running) => {
    return (await answerOf(running.objectStore('uploads').getAll())) as UploadEntry[];
  });
  const swept = { uploads: 0, bytes: 0 };
  for (const { id } of found.filter(({ modifiedAt }) => modifiedAt <= limit)) {
    const transaction = { stores: ['uploads', 'chunks'], mode: 'readwrite', signal } as const;
    await database.run(facts, transaction, async (running) => {
      // Somebody may have gone on with it, or made it a blob, meanwhile.
      const now = await uploadEntry(running, id);
      if (now === undefined || now.modifiedAt > limit) return;
      await removeUpload(running, id);
      swept.uploads++;
      swept.bytes += now.size;
    });
  }
  return swept;
}
