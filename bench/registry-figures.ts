import type { RegistryKind } from '../test/peers/registries.ts';
import type { Figure } from './measure.ts';
import { registryFigure, type RegistryVerb } from './registry.ts';
import type { Load } from './registry-layout.ts';

interface Sizes {
  readonly mib: number;
  readonly blobs: number;
}

type MakeFigure = (folder: string, sizes: Sizes) => Promise<Figure>;

const verbs: readonly RegistryVerb[] = ['push', 'pull', 'copy', 'again'];
const kinds: readonly (readonly [string, RegistryKind])[] = [
  ['', 'distribution 3'],
  ['own-', 'packwright'],
];

/** `push-blob`, `pull-blobs` and so on against the registry of CNCF distribution, and with `own-` before it against ours. */
export const registryFigures: Readonly<Record<string, MakeFigure>> = Object.fromEntries(
  kinds.flatMap(([prefix, kind]) => [
    ...verbs.flatMap((verb) => [
      figure(`${prefix}${verb}-blob`, kind, verb, ({ mib }) => ({ mebibytes: mib })),
      figure(`${prefix}${verb}-blobs`, kind, verb, ({ blobs }) => ({ blobs })),
    ]),
    figure(`${prefix}referrers`, kind, 'referrers', () => ({ blobs: 1 })),
  ]),
);

function figure(
  name: string,
  kind: RegistryKind,
  verb: RegistryVerb,
  loadOf: (sizes: Sizes) => Load,
): readonly [string, MakeFigure] {
  return [name, (folder, sizes) => registryFigure(folder, kind, verb, loadOf(sizes))];
}
