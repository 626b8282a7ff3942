import { visible } from './words.ts';

type Attributes = Readonly<Record<string, string>>;
type Child = Node | string | undefined;

/**
 * An element with attributes and children. Text stays text: nothing here reads it as markup, and what cannot be seen in
 * it is written out.
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children)
    if (child !== undefined) made.append(typeof child === 'string' ? visible(child) : child);
  return made;
}

/** The element of the page with an id, which must be of a class. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${kind.name} ${id}`);
}

/** The input of the page with an id. */
export function inputOf(id: string): HTMLInputElement {
  return byId(id, HTMLInputElement);
}
