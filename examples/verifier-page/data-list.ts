import type { JsonValue } from 'packwright';
import { element } from './element.ts';
import { spaced } from './words.ts';

/** Data as a list of names and values. */
export function dataList(data: Readonly<Record<string, JsonValue>>): HTMLElement {
  const rows = Object.entries(data).flatMap(([name, value]) => [
    element('dt', {}, spaced(name)),
    element('dd', {}, valueOf(value)),
  ]);
  return element('dl', { class: 'facts' }, ...rows);
}

function valueOf(value: JsonValue): Node {
  if (typeof value !== 'object' || value === null) return element('code', {}, String(value));
  if (!Array.isArray(value)) return dataList(value as Readonly<Record<string, JsonValue>>);
  if (value.length === 0) return element('span', {}, 'none');
  return element('div', {}, ...value.map((item) => element('div', {}, valueOf(item as JsonValue))));
}
