import { fromBase64, toBase64 } from '../../../src/bytes/encoding.ts';
import { placeInDer } from './place-in-der.ts';
import { compareFacts, factsOf, type Facts, type Subject } from './subject.ts';

/** A key of a trust root, and what is left out of the root where it is not trusted. */
export interface TrustedKeyBytes {
  /** A log, an authority, or a certificate below the anchor of one: `certificateAuthorities.0.certChain.certificates.0`. */
  readonly owner: string;
  /** The base64 that the key is in. */
  readonly text: string;
  /** The bytes of that which are the key. */
  readonly offsets: readonly number[];
}

type Json = Readonly<Record<string, unknown>> | readonly unknown[];

/** Every key of a trust root: those of logs, and those in certificates. */
export function trustedKeys(trustRoot: string): readonly TrustedKeyBytes[] {
  const root = JSON.parse(trustRoot) as Readonly<Record<string, readonly unknown[]>>;
  return ['tlogs', 'ctlogs', 'certificateAuthorities', 'timestampAuthorities'].flatMap((kind) =>
    (root[kind] ?? []).flatMap((instance, index) => keysIn(instance, `${kind}.${index}`)),
  );
}

function keysIn(instance: unknown, name: string): TrustedKeyBytes[] {
  const texts = [...JSON.stringify(instance).matchAll(/"rawBytes":"([^"]+)"/g)].map(([, text]) => text ?? '');
  return texts.map((text, index) => {
    const bytes = fromBase64(text) ?? new Uint8Array(0);
    const below = index < texts.length - 1;
    return {
      owner: below ? `${name}.certChain.certificates.${index}` : name,
      text,
      offsets: [...bytes.keys()].filter((offset) => isKey(name, placeInDer(bytes, offset))),
    };
  });
}

/** All of a log's bytes; of a certificate its seventh element. */
function isKey(name: string, place: string): boolean {
  return name.includes('logs') || /^0\.0\.6\b/.test(place);
}

/** What a subject proves where the owner of a key is left out of its trust root. */
export function factsWithout(subject: Subject, owner: string): Promise<Facts | undefined> {
  const root = removed(JSON.parse(subject.trustRoot) as Json, owner.split('.'));
  return factsOf(subject, { ...subject, trustRoot: JSON.stringify(root) });
}

function removed(value: Json, [key = '', ...rest]: readonly string[]): unknown {
  const entries = Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    if (name !== key) return [[name, member] as const];
    return rest.length === 0 ? [] : [[name, removed(member as Json, rest)] as const];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

/**
 * Changes one byte of a key. A changed key must be as good as none: the bundle is refused, or proves no more than it
 * proves without the key's owner. Gives what is wrong with that.
 */
export async function tryChangedKey(
  subject: Subject,
  { owner, text }: TrustedKeyBytes,
  offset: number,
  bits: number,
  without: Facts | undefined,
): Promise<string | undefined> {
  const bytes = fromBase64(text) ?? new Uint8Array(0);
  bytes[offset] = (bytes[offset] ?? 0) ^ bits;
  const trustRoot = subject.trustRoot.replaceAll(text, toBase64(bytes));
  const where = `${subject.name}, byte ${offset} ^ ${bits} of the key of ${owner}`;
  try {
    const found = await factsOf(subject, { ...subject, trustRoot });
    if (found === undefined) return undefined;
    return without === undefined || compareFacts(found, without) === 'other' ? `${where}: is believed` : undefined;
  } catch (error) {
    return `${where}: throws ${String(error)}`;
  }
}
