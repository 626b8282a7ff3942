/** A member of an object in a JSON text that is known to be valid: where its key starts, and where its value is. */
export interface JsonMember {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** An object in a JSON text. */
export interface JsonObjectSpan {
  /** Of the opening brace. */
  readonly start: number;
  readonly members: readonly JsonMember[];
  /** Of the closing brace. */
  readonly end: number;
}

/** The object that starts at a position of a valid JSON text. */
export function objectAt(text: string, start: number): JsonObjectSpan {
  const members: JsonMember[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== '}') {
    const keyEnd = valueEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)) as string, start: at, valueStart, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return { start, members, end: at };
}

/**
 * A valid JSON text in which a member of an object has a value, and everything else is as it was, to the byte.
 *
 * @param value - A JSON text, in lines that are indented with tabs as if it stood alone.
 */
export function withMember(text: string, object: JsonObjectSpan, key: string, value: string): string {
  const found = object.members.find((member) => member.key === key);
  const indent = indentOf(text, object);
  const lines = value.replaceAll('\n', `\n${indent}`);
  if (found !== undefined) return text.slice(0, found.valueStart) + lines + text.slice(found.end);
  const last = object.members.at(-1);
  const at = last?.end ?? object.start + 1;
  const before = last === undefined ? '' : ',';
  const after = last === undefined ? `\n${indent.slice(0, -1)}}` : text.slice(at, object.end + 1);
  return `${text.slice(0, at)}${before}\n${indent}${JSON.stringify(key)}: ${lines}${after}${text.slice(object.end + 1)}`;
}

/** A valid JSON text without a member of an object. */
export function withoutMember(text: string, object: JsonObjectSpan, key: string): string {
  const index = object.members.findIndex((member) => member.key === key);
  const own = object.members[index];
  if (own === undefined) return text;
  const [before, next] = [object.members[index - 1], object.members[index + 1]];
  if (next !== undefined) return text.slice(0, own.start) + text.slice(next.start);
  const from = before?.end ?? object.start + 1;
  const to = before === undefined ? object.end : own.end;
  return text.slice(0, from) + text.slice(to);
}

/** What stands before the members: as before the first one, or one tab more than before the object. */
function indentOf(text: string, { start, members: [first] }: JsonObjectSpan): string {
  if (first !== undefined) return /[\t ]*$/.exec(text.slice(lineStart(text, first.start), first.start))?.[0] ?? '';
  return `${/^[\t ]*/.exec(text.slice(lineStart(text, start)))?.[0] ?? ''}\t`;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (/[\t\n\r ]/.test(text[next] ?? '')) next++;
  return next;
}

/** The end of the value that starts at a position. */
function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return stringEnd(text, start);
  let depth = 0;
  for (let at = start; ;) {
    const letter = text[at] ?? '';
    if (letter === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (letter === '{' || letter === '[') depth++;
    else if (depth === 0 && /[,}\]\s]|^$/.test(letter)) return at;
    else if ((letter === '}' || letter === ']') && --depth === 0) return at + 1;
    at++;
  }
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
