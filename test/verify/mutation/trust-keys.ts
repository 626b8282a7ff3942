import { fromBase64, toBase64 } from '../../../src/bytes/encoding.ts';
import { placeInDer } from './place-in-der.ts';
import { compareFacts, factsOf, type Facts, type Subject } from './subject.ts';

/** A key of a trust root, and the instance that it is of. */
export interface TrustedKeyBytes {
  /** The instance: `tlogs.0`. */
  readonly instance: string;
  /** The base64 that the key is in. */
  readonly text: string;
  /** The bytes of that which are the key. */
  readonly offsets: readonly number[];
}

type Root = Readonly<Record<string, readonly unknown[]>>;

/** Every key of a trust root: those of logs, and those in certificates. */
export function trustedKeys(trustRoot: string): readonly TrustedKeyBytes[] {
  const root = JSON.parse(trustRoot) as Root;
  return ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'].flatMap((kind) =>
    (root[kind] ?? []).flatMap((instance, index) => keysIn(instance, `${kind}.${index}`, kind.endsWith('logs'))),
  );
}

function keysIn(instance: unknown, name: string, whole: boolean): TrustedKeyBytes[] {
  const texts = [...JSON.stringify(instance).matchAll(/"rawBytes":"([^"]+)"/g)].map(([, text]) => text ?? '');
  return texts.map((text) => {
    const bytes = fromBase64(text) ?? new Uint8Array(0);
    const all = [...bytes.keys()];
    // The seventh element of a certificate is its key.
    const offsets = whole ? all : all.filter((offset) => /^0\.0\.6\b/.test(placeInDer(bytes, offset)));
    return { instance: name, text, offsets };
  });
}

/** What a subject proves where an instance is left out of its trust root. */
export function factsWithout(subject: Subject, instance: string): Promise<Facts | undefined> {
  const [kind = '', index] = instance.split('.');
  const root = JSON.parse(subject.trustRoot) as Root;
  const rest = (root[kind] ?? []).filter((_, at) => at !== Number(index));
  return factsOf(subject, { ...subject, trustRoot: JSON.stringify({ ...root, [kind]: rest }) });
}

/**
 * Changes one byte of a key. A changed key must be as good as none: the bundle is refused, or proves what it proves where
 * the instance is not trusted. Gives what is wrong with that.
 */
export async function tryChangedKey(
  subject: Subject,
  { instance, text }: TrustedKeyBytes,
  offset: number,
  bits: number,
  without: Facts | undefined,
): Promise<string | undefined> {
  const bytes = fromBase64(text) ?? new Uint8Array(0);
  bytes[offset] = (bytes[offset] ?? 0) ^ bits;
  const trustRoot = subject.trustRoot.replaceAll(text, toBase64(bytes));
  const where = `${subject.name}, byte ${offset} ^ ${bits} of a key of ${instance}`;
  try {
    const found = await factsOf(subject, { ...subject, trustRoot });
    if (found === undefined) return undefined;
    return without !== undefined && compareFacts(found, without) === 'same' ? undefined : `${where}: is believed`;
  } catch (error) {
    return `${where}: throws ${String(error)}`;
  }
}
