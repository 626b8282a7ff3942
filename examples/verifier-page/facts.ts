import type { BundleReport, ProvenSigner, ProvenTime, VerificationReport } from 'packwright/verify';
import { dataList } from './data-list.ts';
import { element } from './element.ts';
import { timeWords } from './words.ts';

type Fact = readonly [name: string, ...values: readonly Node[]];

/** Which bytes the verdict is about, and who of those that count signed them. */
export function reportFacts({ artifact, signers }: VerificationReport): HTMLElement | undefined {
  const facts: Fact[] = [];
  if (artifact.length > 0) facts.push(['Digest', ...artifact.map((digest) => line('code', digest))]);
  if (signers.threshold > 1) facts.push(['Signers', line('span', `${signers.found.length} of ${signers.threshold}`)]);
  return facts.length === 0 ? undefined : factList(facts);
}

/** What one bundle proved: who signed, when, and what is stated. */
export function bundleFacts({ signer, times, content, origin = '' }: BundleReport): HTMLElement | undefined {
  const facts: Fact[] = [...(signer === undefined ? [] : signerFacts(signer))];
  if (times.length > 0) facts.push(['Signed at', ...times.map(timeLine)]);
  if (content !== undefined) facts.push(['States', contentLine(content)]);
  if (origin !== '') facts.push(['Found in', line('code', origin)]);
  return facts.length === 0 ? undefined : factList(facts);
}

/** Who signed, and who says so. */
export function signerLines(signer: ProvenSigner): HTMLElement[] {
  if (signer.kind === 'key') return [element('p', {}, 'the key ', element('strong', {}, signer.keyId))];
  const identity = element('p', {}, element('strong', {}, signer.identity));
  return [identity, element('p', { class: 'advice' }, `as ${signer.issuer} vouches`)];
}

function signerFacts(signer: ProvenSigner): Fact[] {
  if (signer.kind === 'key') return [['Signed with', line('code', signer.keyId)]];
  const { identity, issuer, extensions } = signer;
  return [
    ['Signed by', line('strong', identity), ...extensionList(extensions)],
    ['Vouched for by', line('span', issuer)],
  ];
}

function extensionList(extensions: Readonly<Record<string, string>>): Node[] {
  if (Object.keys(extensions).length === 0) return [];
  const summary = element('summary', {}, 'What the certificate says besides');
  return [
    element('details', { class: 'extensions' }, summary, element('div', { class: 'data' }, dataList(extensions))),
  ];
}

function timeLine({ time, source, operator }: ProvenTime): Node {
  const words = element('time', { datetime: time }, timeWords(time));
  const who = source === 'log' ? `the log of ${operator}` : `the timestamp authority of ${operator}`;
  return element('div', {}, words, `, proven by ${who}`);
}

function contentLine(content: NonNullable<BundleReport['content']>): Node {
  if (content.kind === 'message') return line('span', 'a signature of the artifact itself');
  return line('code', content.predicateType);
}

function line(name: 'code' | 'span' | 'strong', text: string): Node {
  return element('div', {}, element(name, {}, text));
}

function factList(facts: readonly Fact[]): HTMLElement {
  const rows = facts.flatMap(([name, ...values]) => [element('dt', {}, name), element('dd', {}, ...values)]);
  return element('dl', { class: 'facts' }, ...rows);
}
