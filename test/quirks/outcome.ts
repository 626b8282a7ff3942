import { expect } from 'vitest';
import { httpRegistry } from '../../src/adapters/registry/http.ts';
import type { RegistryProfile } from '../../src/adapters/registry/http/profile.ts';
import { isPackError } from '../../src/errors.ts';
import { quirkRegistry, quirks } from '../../src/testing/quirk-registry.ts';
import { fillRegistry, sizes } from './some-registry.ts';
import { verbs } from './verbs.ts';

/** A registry as the table has it: its quirks, and what the client was told of it. */
export interface Row {
  /** Its name in the table. */
  readonly name: string;
  readonly quirks: readonly string[];
  readonly profile?: Partial<RegistryProfile>;
}

const chunkQuirks = quirks.filter(({ name }) =>
  /^(patch|second-patch|chunk|range-(stale|rel|with|miss)|upload|octet)/.test(name),
);

/** Each quirk alone; those of parts once more where parts are needed; and those that a profile makes up for. */
export const rows: readonly Row[] = [
  ...quirks.map(({ name }): Row => ({ name, quirks: [name] })),
  ...chunkQuirks.map(({ name }): Row => ({ name: `body-too-large, ${name}`, quirks: ['body-too-large', name] })),
  {
    name: 'body-too-large, chunk-too-large, known',
    quirks: ['body-too-large', 'chunk-too-large'],
    profile: { chunked: { maxBytes: sizes.maxChunk } },
  },
  { name: 'referrers-empty, known', quirks: ['referrers-empty'], profile: { mergeReferrers: true } },
  { name: 'subject-header-lies, known', quirks: ['subject-header-lies'], profile: { distrustSubject: true } },
  { name: 'head-refused, known', quirks: ['head-refused'], profile: { noHead: true } },
];

const noWait = { sleep: (): Promise<void> => Promise.resolve() };

/** What comes of a verb: what it answers, or the code of its error. Nothing secret goes to anybody else meanwhile. */
export async function outcomeOf(row: Row, verb: string): Promise<string> {
  const quirk = quirkRegistry({ sizes });
  const filled = await fillRegistry(quirk.registry);
  quirk.set(row.quirks);
  const { username, password } = quirk.credential;
  const client = httpRegistry({
    host: 'registry.example',
    fetch: quirk.fetch,
    credentials: { kind: 'password', username, password },
    clock: noWait,
    profile: row.profile,
  });
  const truth = quirk.registry.repository('team/app');
  const given = { ...filled, quirk, client, repository: client.repository('team/app'), truth };
  try {
    return (await verbs[verb]?.(given)) ?? 'is no verb';
  } catch (error) {
    if (!isPackError(error)) throw error;
    return error.code;
  } finally {
    noSecretLeft(quirk.requests);
  }
}

function noSecretLeft(requests: readonly { readonly url: string; readonly headers: Headers }[]): void {
  for (const { url, headers } of requests) {
    const { origin, pathname, protocol, hostname } = new URL(url);
    expect(protocol, url).toBe('https:');
    expect(hostname).not.toMatch(/^169\.254\./);
    expect(headers.has('cookie')).toBe(false);
    const mayHave = origin === 'https://registry.example' || pathname === '/token';
    if (!mayHave) expect(headers.has('authorization'), url).toBe(false);
  }
}
