import { describe, expect, it } from 'vitest';
import { quirkRegistry, type FaultKind, type FaultOptions } from '../../src/testing/quirk-registry.ts';
import { listed } from '../../src/testing/registry-fixtures.ts';
import { outcomeAt } from './outcome.ts';
import { fillRegistry, sizes } from './some-registry.ts';
import { verbNames, type Verb } from './verbs.ts';
import { holdsAll } from './what-is-there.ts';

const broken: readonly FaultKind[] = ['reset', 'answer-lost', 'request-cut', 'cut'];
const refused: readonly FaultKind[] = ['error-500', 'error-502', 'error-503', 'rate-limited', 'rate-limited-date'];
const wrong: readonly FaultKind[] = ['wrong-bytes', 'wrong-digest-header', 'expired-token', 'evil-redirect'];
const late: readonly FaultKind[] = ['stall', 'hang', 'slow'];

/** What goes wrong, with which seeds. What no digest vouches for can only be believed: it is let be. */
const plans: readonly (readonly [string, FaultOptions, readonly number[]])[] = [
  ['every tenth request is cut', { kinds: broken, rate: 0.1 }, [1, 2, 3]],
  ['every third request is cut', { kinds: broken, rate: 0.33 }, [4, 5, 6]],
  ['every third request is refused', { kinds: refused, every: 3 }, [7]],
  ['a tenth of what has a digest is wrong', { kinds: wrong, rate: 0.1, where: hasDigest }, [8, 9, 10]],
  ['every tenth token is over before its time', { kinds: ['expired-token'], rate: 0.1 }, [14, 15]],
  ['a third of what is read is elsewhere', { kinds: ['evil-redirect'], rate: 0.33, where: isRead }, [16, 17, 18]],
  ['a fifth of all requests goes wrong somehow', { kinds: [...broken, ...refused], rate: 0.2 }, [11, 12]],
  ['a tenth of all requests comes late or never', { kinds: late, rate: 0.1 }, [13]],
];

function hasDigest({ url, method }: Request): boolean {
  return method === 'GET' && /\/(?:blobs|manifests)\/sha256:/.test(url);
}

function isRead({ method }: Request): boolean {
  return method === 'GET';
}

/**
 * What may come of a verb besides that it works or fails: who cannot mount uploads, a tag whose deletion was not
 * heard of is not there when it is asked for once more, and no digest vouches for a range.
 */
const alsoRight: Readonly<Partial<Record<Verb, string>>> = {
  mount: 'false',
  'delete tag': 'finds nothing',
  'get range': 'unchecked',
};

async function outcomeUnder(faults: FaultOptions, seed: number, verb: Verb): Promise<string> {
  const quirk = quirkRegistry({ sizes, seed, auth: 'token' });
  const filled = await fillRegistry(quirk.registry);
  quirk.fail(faults);
  try {
    return await outcomeAt(quirk, filled, verb, { timeouts: { headersMs: 150, answerMs: 150, idleMs: 150 } });
  } finally {
    for (const name of ['team/app', 'team/new']) await holdsEveryTag(quirk.registry.repository(name));
  }
}

async function holdsEveryTag(repository: Parameters<typeof holdsAll>[0]): Promise<void> {
  for (const tag of await listed(repository.tags())) {
    const found = await repository.resolve(tag);
    // A list of referrers may name what was deleted.
    if (found !== undefined && !tag.startsWith('sha256-')) await holdsAll(repository, found.digest);
  }
}

describe.each(plans)('where %s', (_, faults, seeds) => {
  it.each(verbNames)(
    '%s does what it promises, or fails with an error of its own',
    async (verb) => {
      for (const seed of seeds) {
        const outcome = await outcomeUnder(faults, seed, verb);
        expect(['works', alsoRight[verb] ?? 'works'], `seed ${seed}`).toContain(outcome.replace(/^ERR_\w+$/, 'works'));
      }
    },
    30_000,
  );
});
