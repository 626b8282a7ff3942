import { fromBase64, toBase64 } from '../../bytes/encoding.ts';
import type { JsonValue } from '../../bytes/json.ts';
import type { JsonObject } from './log-body.ts';

/** What a member becomes; undefined removes it. A member that is not there is undefined. */
export type MemberChange = (value: JsonValue | undefined) => JsonValue | undefined;

/** Changes one member of a document, by its path: `tlogs.0.publicKey.validFor.start`. */
export function changeAt(path: string, change: MemberChange): (document: JsonObject) => JsonObject {
  return (document) => changed(document, path.split('.'), change) as JsonObject;
}

function changed(
  value: JsonValue | undefined,
  [key, ...rest]: readonly string[],
  change: MemberChange,
): JsonValue | undefined {
  if (key === undefined) return change(value);
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    const item = changed(items[Number(key)], rest, change);
    return items.flatMap((old, index) => (index !== Number(key) ? [old] : item === undefined ? [] : [item]));
  }
  const { [key]: old, ...others } = value as JsonObject;
  const member = changed(old, rest, change);
  return member === undefined ? others : { ...others, [key]: member };
}

/** Sets a member. */
export function setAt(path: string, value: JsonValue): (document: JsonObject) => JsonObject {
  return changeAt(path, () => value);
}

/** Leaves a member out. */
export function removeAt(path: string): (document: JsonObject) => JsonObject {
  return changeAt(path, () => undefined);
}

/** Changes a list. */
export function changeList(
  path: string,
  change: (items: readonly JsonValue[]) => readonly JsonValue[],
): (document: JsonObject) => JsonObject {
  return changeAt(path, (value) => change(value as readonly JsonValue[]));
}

/** Changes bytes that stand there in base64. */
export function changeBytes(
  path: string,
  change: (bytes: Uint8Array) => Uint8Array,
): (document: JsonObject) => JsonObject {
  return changeAt(path, (value) => toBase64(change(fromBase64(value as string) ?? new Uint8Array(0))));
}

/** Does one thing after another. */
export function inOrder(
  ...edits: readonly ((document: JsonObject) => JsonObject)[]
): (document: JsonObject) => JsonObject {
  return (document) => edits.reduce((done, edit) => edit(done), document);
}

/** The same bytes with one bit of the last one turned. */
export function lastBitTurned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 1] = (copy[copy.length - 1] ?? 0) ^ 1;
  return copy;
}
