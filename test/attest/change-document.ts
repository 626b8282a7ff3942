/** A document that a test may change in any place. */
export type Document = Record<string, unknown>;

/** A copy with one thing changed: the value at a path (`a.0.b`), or nothing there where the value is undefined. */
export function changed(document: Document, path: string, value: unknown): Document {
  const copy = structuredClone(document);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Document = copy;
  for (const key of keys) at = at[key] as Document;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy;
}

/** What an error of ours says about where: its first issue. */
export function refusal(code: string, path: string): object {
  return { code, issues: [{ path, message: expectText }] };
}

const expectText: unknown = {
  asymmetricMatch: (value: unknown): boolean => typeof value === 'string' && value !== '',
  toString: () => 'text',
};

/** What reading throws. */
export function thrownBy(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}
