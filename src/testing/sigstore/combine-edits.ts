import type { Edits, Workshop } from './edits.ts';

type AnyEdit = (value: unknown, workshop: Workshop) => unknown;

/** One set of edits that does what each of some does, in order. */
export function combineEdits(all: readonly Edits[]): Edits {
  const combined: Record<string, AnyEdit> = {};
  for (const edits of all) {
    for (const [name, edit] of Object.entries(edits as Readonly<Record<string, AnyEdit | undefined>>)) {
      if (edit !== undefined) combined[name] = inSequence(combined[name], edit);
    }
  }
  return combined;
}

/** Waits only where an edit has to be waited for: some are of values that are needed at once. */
function inSequence(first: AnyEdit | undefined, second: AnyEdit): AnyEdit {
  if (first === undefined) return second;
  return (value, workshop) => {
    const changed = first(value, workshop);
    return changed instanceof Promise ? changed.then((done) => second(done, workshop)) : second(changed, workshop);
  };
}
