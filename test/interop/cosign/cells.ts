/** Who signs; the other one verifies. */
export type From = 'packwright' | 'cosign';
/** What says who signed: a key, or a certificate for an identity. */
export type Kind = 'key' | 'keyless';
/** A signature or attestation of what a registry has; or of a file, whose bundle travels beside it. */
export type Content = 'signature' | 'attestation' | 'blob' | 'blob attestation';
/** Where it lies: with the referrers API, without it, or in no registry at all. */
export type Place = 'olareg' | 'distribution 3' | 'layout';
/** How it is attached: as cosign 3 does, or cosign 2. */
export type Format = 'bundle' | 'legacy';
/** What witnesses it: a log and a timestamp authority, that one alone, or nobody. */
export type Log = 'log' | 'timestamp' | 'none';

/** One case that is tried in full. */
export interface Cell {
  readonly from: From;
  readonly kind: Kind;
  readonly content: Content;
  readonly place: Place;
  readonly format: Format;
  readonly log: Log;
}

const places: readonly Place[] = ['olareg', 'distribution 3', 'layout'];
const directions: readonly From[] = ['packwright', 'cosign'];

/** A certificate is good for minutes: somebody has to say when it was used. */
const witnessed: readonly (readonly [Kind, Log])[] = [
  ['key', 'log'],
  ['key', 'timestamp'],
  ['key', 'none'],
  ['keyless', 'log'],
  ['keyless', 'timestamp'],
];

/** What the tags of cosign 2 can say: an entry of the second version of Rekor gives none of the promises that they hold. */
const legacy = witnessed.filter(([, log]) => log !== 'log');

const formats: readonly (readonly [Format, Kind, Log])[] = [
  ...witnessed.map(([kind, log]) => ['bundle', kind, log] as const),
  ...legacy.map(([kind, log]) => ['legacy', kind, log] as const),
];

/** What is signed where it lies: everything, everywhere. */
export const imageCells: readonly Cell[] = directions.flatMap((from) =>
  places.flatMap((place) =>
    (['signature', 'attestation'] as const).flatMap((content) =>
      formats.map(([format, kind, log]): Cell => ({ from, kind, content, place, format, log })),
    ),
  ),
);

/** Files with their bundles. What witnesses a bundle does not depend on where it lies: that is tried in one place. */
export const blobCells: readonly Cell[] = directions.flatMap((from) =>
  places.flatMap((place) =>
    (['blob', 'blob attestation'] as const).flatMap((content) =>
      witnessed
        .filter(([, log]) => log === 'log' || place === 'olareg')
        .map(([kind, log]): Cell => ({ from, kind, content, place, format: 'bundle', log })),
    ),
  ),
);

/** A name for a repository or a folder. */
export const cellName = ({ from, kind, content, format, log }: Cell): string =>
  [from, kind, content, format, log].join('-').replace(' ', '-');

/** What a test is called. */
export function cellTitle(cell: Cell): string {
  const { from, kind, content, format, log } = cell;
  const verifier = from === 'cosign' ? 'packwright' : 'cosign';
  const witness = { log: 'a log', timestamp: 'a timestamp alone', none: 'no witness' }[log];
  return `${from} signs, ${verifier} verifies: ${content} by ${kind}, ${format} with ${witness}, ${whereOf(cell)}`;
}

/** cosign signs in no layout, and reads only those that say which entry is the image. */
function whereOf({ from, content, place, format }: Cell): string {
  if (place !== 'layout' || content.startsWith('blob')) return place;
  if (from === 'cosign') return format === 'bundle' ? 'layouts of cosign save and of oras cp' : 'layout of cosign save';
  return `layout marked for cosign, and the same brought to a registry by ${format === 'bundle' ? 'oras' : 'us'}`;
}
