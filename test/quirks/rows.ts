import type { RegistryProfile } from '../../src/adapters/registry/http/profile.ts';
import { quirks } from '../../src/testing/quirk-registry.ts';
import { addressQuirks } from '../../src/testing/quirks/address-quirks.ts';
import { authQuirks } from '../../src/testing/quirks/auth-quirks.ts';
import { blobQuirks } from '../../src/testing/quirks/blob-quirks.ts';
import { errorQuirks } from '../../src/testing/quirks/error-quirks.ts';
import { headerQuirks } from '../../src/testing/quirks/header-quirks.ts';
import { hostileQuirks } from '../../src/testing/quirks/hostile-quirks.ts';
import { listingQuirks } from '../../src/testing/quirks/listing-quirks.ts';
import { manifestQuirks } from '../../src/testing/quirks/manifest-quirks.ts';
import type { QuirkRule } from '../../src/testing/quirks/quirk.ts';
import { referrerQuirks } from '../../src/testing/quirks/referrer-quirks.ts';
import { statusQuirks } from '../../src/testing/quirks/status-quirks.ts';
import { uploadQuirks } from '../../src/testing/quirks/upload-quirks.ts';
import { sizes } from './some-registry.ts';

/** A registry as the table has it: its quirks, and what the client was told of it. */
export interface Row {
  /** Its name in the table. */
  readonly name: string;
  readonly quirks: readonly string[];
  readonly profile?: Partial<RegistryProfile>;
  /** What it does, and who does that. */
  readonly summary: string;
  readonly seenOn: string;
}

/** Rows that belong together. */
export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
}

const inParts = uploadQuirks.filter(({ name }) => /^(patch|second-patch|chunk|range-|upload|octet)/.test(name));
const statusInParts = statusQuirks.filter(({ name }) => name.startsWith('patch'));

/** Every quirk alone; those of parts once more where parts are needed; and those that a profile makes up for. */
export const groups: readonly Group[] = [
  group('Addresses', addressQuirks),
  group('Access', authQuirks),
  group(
    'Statuses',
    // What it makes of a client that does not know it is chance.
    statusQuirks.filter(({ name }) => name !== 'one-write-at-a-time'),
    [known('head-refused', { noHead: true }), known('one-write-at-a-time', { concurrency: 1 })],
  ),
  group('Errors', errorQuirks),
  group('Headers', headerQuirks, [
    known('wrong-digest-header', { noHead: true }),
    known('head-length-lies', { noHead: true }),
  ]),
  group('Uploads', uploadQuirks),
  {
    title: 'Uploads in parts',
    rows: [
      ...[...statusInParts, ...inParts].map(partsOnly),
      { ...known('chunk-too-large', { chunked: { maxBytes: sizes.maxChunk }, maxBodyBytes: sizes.maxBody }) },
    ],
  },
  group('Downloads', blobQuirks),
  group('Manifests', manifestQuirks, [known('content-type-wrong', { noHead: true })]),
  group('Lists', listingQuirks),
  group('Referrers', referrerQuirks, [
    known('referrers-empty', { mergeReferrers: true }),
    known('subject-header-lies', { distrustSubject: true }),
  ]),
  group('What means ill', hostileQuirks),
];

function group(title: string, rules: readonly QuirkRule[], more: readonly Row[] = []): Group {
  return { title, rows: [...rules.map(alone), ...more] };
}

function alone({ name, summary, seenOn }: QuirkRule): Row {
  return { name, quirks: [name], summary, seenOn };
}

/** A registry that takes no large body, so that large blobs come in parts. */
function partsOnly({ name, summary, seenOn }: QuirkRule): Row {
  return { name: `body-too-large, ${name}`, quirks: ['body-too-large', name], summary, seenOn };
}

function known(name: string, profile: Partial<RegistryProfile>): Row {
  const { summary = '', seenOn = '' } = quirks.find((quirk) => quirk.name === name) ?? {};
  return { name: `${name}, known`, quirks: [name], profile, summary: `${summary}; with ${said(profile)}`, seenOn };
}

/** A profile in the words of a program. */
function said(profile: Partial<RegistryProfile>): string {
  const members = Object.entries(profile).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `\`profile: { ${members.join(', ').replace(/"/g, '')} }\``;
}
