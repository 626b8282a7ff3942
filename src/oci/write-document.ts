import { compareBytewise } from '../bytes/encoding.ts';

// The order in which image-spec's own Go types, and so most other tools, write members.
const documentOrder = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'subject',
  'annotations',
];
const descriptorOrder = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'];
const platformOrder = ['architecture', 'os', 'os.version', 'os.features', 'variant'];

/**
 * The JSON text of a manifest or an index: no white space, members in the order of image-spec, those that it
 * does not know behind them, bytewise, and annotations bytewise. Who writes the same descriptors again and again may
 * remember their texts.
 */
export function writeDocument(
  document: object,
  descriptorText: (descriptor: object) => string = writeDescriptor,
): string {
  return writeObject(document, documentOrder, (name, value) => {
    switch (name) {
      case 'config':
      case 'subject':
        return descriptorText(value as object);
      case 'layers':
      case 'manifests':
        return `[${(value as readonly object[]).map((entry) => descriptorText(entry)).join(',')}]`;
      default:
        return writeSorted(value);
    }
  });
}

/** The JSON text of a descriptor, as it stands in a document. */
export function writeDescriptor(descriptor: object): string {
  return writeObject(descriptor, descriptorOrder, (name, value) =>
    name === 'platform'
      ? writeObject(value as object, platformOrder, (_, member) => writeSorted(member))
      : writeSorted(value),
  );
}

/** Own text rather than an ordered object: an object puts members that look like numbers first. */
function writeObject(
  object: object,
  order: readonly string[],
  write: (name: string, value: unknown) => string,
): string {
  const members = Object.entries(object).filter(([, value]) => value !== undefined);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  members.sort(([a], [b]) => rank(a) - rank(b) || compareBytewise(a, b));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${write(name, value)}`).join(',')}}`;
}

function writeSorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeSorted).join(',')}]`;
  if (typeof value === 'object' && value !== null) return writeObject(value, [], (_, member) => writeSorted(member));
  return JSON.stringify(value);
}
