import { quirks } from '../../src/testing/quirk-registry.ts';
import type { Outcome } from './outcome.ts';
import { groups, type Group, type Row } from './rows.ts';
import { expected, table } from './table.ts';
import { verbNames, type Verb } from './verbs.ts';

/** A mark of one or two letters for each outcome, and what it means. */
const marks: Readonly<Record<string, readonly [string, string]>> = {
  works: ['·', 'the verb does what it promises'],
  false: ['no', 'answers `false`, as the port has it: the blob is uploaded instead'],
  'finds nothing': ['∅', 'answers that nothing is there, as the registry does'],
  'not listed': ['nl', 'the manifests are there, and a referrer is not listed, as the registry promised it would'],
  'not by type': ['nt', 'lists the referrer, but not where its type is asked for'],
  unchecked: ['?', 'repeats what the registry says, which no digest vouches for, and which is wrong here'],
  ERR_DIGEST_MISMATCH: ['D', 'IntegrityError'],
  ERR_SIZE_MISMATCH: ['S', 'IntegrityError'],
  ERR_INDEX_INVALID: ['I', 'FormatError'],
  ERR_LIMIT_EXCEEDED: ['L', 'FormatError'],
  ERR_REGISTRY_PROTOCOL: ['P', 'RegistryError: what came is not the answer of a registry, or leads where nobody goes'],
  ERR_REGISTRY_REJECTED: ['R', 'RegistryError: the registry does not take this'],
  ERR_REGISTRY_UNAUTHORIZED: ['U', 'RegistryError'],
  ERR_REGISTRY_DENIED: ['F', 'RegistryError'],
  ERR_REGISTRY_NOT_FOUND: ['N', 'RegistryError'],
  ERR_REGISTRY_RATE_LIMITED: ['B', 'RegistryError, after every wait that was asked for'],
  ERR_REGISTRY_UNAVAILABLE: ['V', 'RegistryError'],
  ERR_REGISTRY_NETWORK: ['C', 'RegistryError, after seven attempts'],
};

/** What registries do wrong, and what comes of it: the text of docs/quirks.md. */
export function page(): string {
  const cells = groups.flatMap(({ rows }) => rows).length * verbNames.length;
  return [
    '# What registries do wrong',
    '',
    `Registries leave the specification in many ways. \`quirkRegistry\` of \`packwright/testing\` does each of`,
    `${quirks.length} of them on request, so that a client can be tested by them. This page says what every verb of`,
    `\`httpRegistry\` makes of each: ${cells} cells, and each is a test (\`test/quirks\`). The page is written from what`,
    'the tests expect; a test fails where it says something else.',
    '',
    '```ts',
    "import { quirkRegistry } from 'packwright/testing';",
    '',
    "const { fetch } = quirkRegistry({ quirks: ['referrers-404', 'blob-redirect'] });",
    '```',
    '',
    'What is not named in the lists works. Whatever the cell, no secret goes to anybody but the registry and its token',
    'server, nothing is asked over http or of a private address, no content comes through that has another digest than',
    'was asked for, and no tag that was pushed points at something that is not there.',
    '',
    ...legend(),
    ...groups.flatMap(section),
    '## Every cell',
    '',
    ...groups.flatMap(grid),
  ].join('\n');
}

function legend(): string[] {
  const lines = Object.entries(marks).map(([outcome, [mark, text]]) => `| ${mark} | ${named(outcome)} | ${text} |`);
  return ['| mark | outcome | what it means |', '| --- | --- | --- |', ...lines, ''];
}

function named(outcome: string): string {
  return outcome.startsWith('ERR_') ? `\`${outcome}\`` : outcome;
}

function section({ title, rows }: Group): string[] {
  return [
    `## ${title}`,
    '',
    '| quirk | what it does | seen on | what does not work |',
    '| --- | --- | --- | --- |',
    ...rows.map(line),
    '',
  ];
}

function line(row: Row): string {
  return `| ${[nameOf(row), row.summary, row.seenOn, exceptions(row)].map(escaped).join(' | ')} |`;
}

function nameOf({ name, quirks: names }: Row): string {
  const [told] = name.split(', ').slice(names.length);
  return `${names.map((each) => `\`${each}\``).join(' and ')}${told === undefined ? '' : `, ${told}`}`;
}

function exceptions({ name }: Row): string {
  const by = Object.entries(table[name] ?? {}) as [Outcome, readonly Verb[]][];
  if (by.length === 0) return 'nothing';
  return by.map(([outcome, verbs]) => `${named(outcome)}: ${listOf(verbs)}`).join('; ');
}

function listOf(verbs: readonly Verb[]): string {
  const others = verbNames.filter((verb) => !verbs.includes(verb));
  if (others.length === 0) return 'every verb';
  return others.length < 4 ? `every verb but ${others.join(', ')}` : verbs.join(', ');
}

function escaped(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/</g, '&lt;');
}

function grid({ title, rows }: Group): string[] {
  return [
    `### ${title}, cell by cell`,
    '',
    `| quirk | ${verbNames.join(' | ')} |`,
    `| --- | ${verbNames.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${nameOf(row)} | ${verbNames.map((verb) => markOf(row, verb)).join(' | ')} |`),
    '',
  ];
}

function markOf({ name }: Row, verb: Verb): string {
  const outcome = expected(table[name], verb);
  const [mark] = marks[outcome] ?? [];
  if (mark === undefined) throw new Error(`outcome ${outcome} has no mark`);
  return mark;
}
