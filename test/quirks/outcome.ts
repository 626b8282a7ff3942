import { expect } from 'vitest';
import { httpRegistry, type HttpRegistryOptions } from '../../src/adapters/registry/http.ts';
import { isPackError, type PackErrorCode } from '../../src/errors.ts';
import { quirkRegistry, type QuirkRegistry } from '../../src/testing/quirk-registry.ts';
import type { Row } from './rows.ts';
import { fillRegistry, sizes, type Filled } from './some-registry.ts';
import { verbs, type Answer, type Verb } from './verbs.ts';

/** What a cell of the table says. */
export type Outcome = Answer | PackErrorCode;

const clock = { sleep: (): Promise<void> => Promise.resolve() };

/** What comes of a verb where a registry has quirks. */
export async function outcomeOf(row: Row, verb: Verb): Promise<Outcome> {
  const quirk = quirkRegistry({ sizes });
  const filled = await fillRegistry(quirk.registry);
  quirk.set(row.quirks);
  // A registry that never ends is given up sooner, and nothing else is different.
  return outcomeAt(quirk, filled, verb, { profile: row.profile, limits: { pages: 100 } });
}

/** What a verb answers, or the code of its error. Nothing secret goes to anybody else meanwhile. */
export async function outcomeAt(
  quirk: QuirkRegistry,
  filled: Filled,
  verb: Verb,
  options: Partial<HttpRegistryOptions>,
): Promise<Outcome> {
  const { username, password } = quirk.credential;
  const client = httpRegistry({
    host: 'registry.example',
    fetch: quirk.fetch,
    credentials: { kind: 'password', username, password },
    clock,
    ...options,
  });
  const truth = quirk.registry.repository('team/app');
  const given = { ...filled, quirk, client, repository: client.repository('team/app'), truth };
  try {
    return await verbs[verb](given);
  } catch (error) {
    if (!isPackError(error)) throw error;
    return error.code;
  } finally {
    noSecretLeft(quirk.requests);
  }
}

/** Fails where a secret was sent to another host than the registry and its token server. */
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
