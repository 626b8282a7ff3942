import { compareBytewise } from '../../../bytes/encoding.ts';
import type { ListOptions } from '../../../ports/registry.ts';

/** The names that were asked for, in bytewise order: registries have orders of their own, and so all names come first. */
export function sortedNames(names: Iterable<string>, { after, limit = Infinity }: ListOptions): readonly string[] {
  const behind = [...names].filter((name) => after === undefined || compareBytewise(name, after) > 0);
  return behind.sort(compareBytewise).slice(0, limit);
}
