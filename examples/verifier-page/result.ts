import { isPackError } from 'packwright';
import type { BundleReport, Policy } from 'packwright/verify';
import { badge, checkRow } from './check-row.ts';
import { byId, element } from './element.ts';
import { bundleFacts, reportFacts, signerLines } from './facts.ts';
import type { Finding } from './finding.ts';
import { icon, type IconName } from './icon.ts';
import { waivedBy } from './waived.ts';
import { adviceOn, sentence } from './words.ts';

const pageTitle = document.title;

/** Shows what came of a verification: the verdict in words first, then every check. */
export function showFindings(findings: readonly Finding[], policy: Policy): void {
  const refused = findings.filter(({ report }) => report.verdict === 'failed');
  const subjects = findings.map((finding) => subjectPart(finding, findings.length > 1));
  byId('details', HTMLElement).replaceChildren(...subjects, ...(findings.length > 0 ? [saveButton(findings)] : []));
  if (findings.length === 0) showProblem(['There is nothing to verify: the layout holds no manifest.']);
  else if (refused.length === 0) showPassed(findings, waivedBy(policy));
  else showVerdict('failed', 'Refused', ...refusedWords(findings, refused));
}

/** Takes away a verdict that is about something else than what is chosen now. */
export function forgetResult(): void {
  document.title = pageTitle;
  byId('result', HTMLElement).hidden = true;
  byId('verdict', HTMLElement).replaceChildren();
  byId('details', HTMLElement).replaceChildren();
}

/** Shows an error that kept the page from deciding anything. */
export function showError(error: unknown): void {
  const message = sentence(error instanceof Error ? error.message : String(error));
  const known = isPackError(error) ? error : undefined;
  const unasked = known?.name === 'RegistryError' ? ['The registry could not be asked, so nothing is known yet.'] : [];
  showProblem([...unasked, message], known?.hint ?? adviceOn(known?.code), known?.code);
}

/** Says that nothing was decided, since somebody cancelled. */
export function showCancelled(): void {
  const words = 'Nothing was decided: neither that it is signed nor that it is not.';
  showVerdict('not-checked', 'Cancelled', element('p', {}, words));
}

function showProblem(messages: readonly string[], advice?: string, code?: string): void {
  const lines = messages.map((message) => element('p', {}, message));
  const more = adviceLines(advice === undefined ? undefined : sentence(advice), code);
  showVerdict('ignored', 'Not verified', ...lines, ...more);
}

/** Comes last: what is shown below it must be there before the page is scrolled to it. */
function showVerdict(verdict: IconName, title: string, ...lines: readonly Node[]): void {
  const heading = element('h2', { id: 'verdict-title', tabindex: '-1' }, icon(verdict), title);
  const box = byId('verdict', HTMLElement);
  const result = byId('result', HTMLElement);
  box.className = `verdict ${verdict}`;
  result.hidden = false;
  box.replaceChildren(heading, ...lines);
  document.title = `${title} – ${pageTitle}`;
  heading.focus({ preventScroll: true });
  result.scrollIntoView({ block: 'start' });
}

function showPassed(findings: readonly Finding[], waived: readonly string[]): void {
  const words = `Less was asked for than should be: ${waived.join('; ')}.`;
  const warning = element('p', { class: 'warning' }, icon('ignored'), element('span', {}, words));
  if (waived.length === 0) showVerdict('passed', 'Verified', ...passedWords(findings));
  else showVerdict('passed', 'Verified, on less evidence', ...passedWords(findings), warning);
}

function passedWords(findings: readonly Finding[]): Node[] {
  const [first, ...others] = findings;
  if (others.length > 0) return [element('p', {}, `All ${findings.length} manifests are signed as you asked.`)];
  const { name = '', report } = first ?? {};
  const signers = report?.signers.found ?? [];
  return [element('p', {}, `${name} was signed by`), ...signers.flatMap(signerLines)];
}

function refusedWords(findings: readonly Finding[], refused: readonly Finding[]): Node[] {
  const [first] = refused;
  if (findings.length > 1) {
    return [element('p', {}, `${refused.length} of ${findings.length} manifests are not signed as you asked.`)];
  }
  const { code, message = '' } = first?.report ?? {};
  return [element('p', {}, sentence(message)), ...adviceLines(adviceOn(code), code)];
}

function adviceLines(advice: string | undefined, code: string | undefined): Node[] {
  return [
    ...(advice === undefined ? [] : [element('p', { class: 'advice' }, advice)]),
    ...(code === undefined ? [] : [element('p', { class: 'code-name' }, element('code', {}, code))]),
  ];
}

function subjectPart({ name, report }: Finding, isOneOfMany: boolean): HTMLElement {
  const facts = reportFacts(report);
  const words = isOneOfMany ? [element('p', {}, sentence(report.message))] : [];
  const verdict = badge(report.verdict, report.verdict === 'passed' ? 'Verified' : 'Refused');
  const head = element('div', { class: 'bundle-head' }, element('h3', {}, name), verdict, ...words);
  return element(
    'section',
    { class: 'subject', 'aria-label': name },
    element('div', { class: 'card' }, head, facts),
    ...report.bundles.map((bundle, index) => bundlePart(bundle, index, report.bundles.length)),
  );
}

function bundlePart(bundle: BundleReport, index: number, count: number): HTMLElement {
  const title = count === 1 ? 'The bundle' : `Bundle ${index + 1} of ${count}`;
  const verdict = badge(bundle.verdict, bundle.verdict === 'passed' ? 'Counts' : 'Does not count');
  return element(
    'section',
    { class: 'card', 'aria-label': title },
    element('div', { class: 'bundle-head' }, element('h3', {}, title), verdict),
    bundleFacts(bundle),
    element('ul', { class: 'checks', 'aria-label': 'Checks' }, ...bundle.checks.map(checkRow)),
  );
}

/** Gives the whole report as JSON. */
function saveButton(findings: readonly Finding[]): HTMLElement {
  const button = element('button', { type: 'button', class: 'save' }, 'Save the report');
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(findings, null, 2)], { type: 'application/json' }));
    element('a', { href: url, download: 'verification-report.json' }).click();
    setTimeout(() => URL.revokeObjectURL(url));
  });
  return button;
}
