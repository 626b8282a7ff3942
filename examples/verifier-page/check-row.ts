import type { Check } from 'packwright/verify';
import { dataList } from './data-list.ts';
import { element } from './element.ts';
import { icon, type IconName } from './icon.ts';
import { checkTitles, outcomeWords, sentence } from './words.ts';

/** An outcome as a picture and a word. */
export function badge(outcome: IconName, words: string): HTMLElement {
  return element('span', { class: `badge ${outcome}` }, icon(outcome), words);
}

/** A check: what came of it, why, by which section of which specification, and what it saw. */
export function checkRow({ name, outcome, code, message, spec, data }: Check): HTMLElement {
  const title = checkTitles[name];
  const source = [code, spec].filter((part) => part !== undefined && part !== '').join(' · ');
  return element(
    'li',
    { class: outcome },
    element('div', {}, badge(outcome, outcomeWords[outcome])),
    element(
      'div',
      {},
      element('h4', {}, title),
      element('p', { class: 'words' }, sentence(message)),
      source === '' ? undefined : element('p', { class: 'source' }, source),
      seenBy(title, data),
    ),
  );
}

function seenBy(title: string, data: Check['data']): HTMLElement | undefined {
  if (Object.keys(data).length === 0) return undefined;
  const summary = element('summary', {}, 'Details', element('span', { class: 'hidden-text' }, ` of ${title}`));
  return element('details', {}, summary, element('div', { class: 'data' }, dataList(data)));
}
