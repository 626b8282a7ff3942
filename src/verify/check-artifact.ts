import type { StatementSubject } from '../attest/statement.ts';
import { algorithmOf, type Digest } from '../digest/digest-name.ts';
import { VerificationError } from '../errors.ts';
import type { Artifact } from './artifact.ts';
import type { CheckList } from './check-list.ts';
import type { Policy } from './policy.ts';
import type { PreparedBundle } from './prepare-bundle.ts';

/**
 * Checks that a signed message is this artifact, as far as the bundle says which one it is. That the signature is over
 * the artifact is shown by the signature alone: what the bundle says is a hint that nobody vouches for.
 */
export function checkMessage(
  list: CheckList,
  { bundle }: PreparedBundle,
  artifact: Artifact,
  policy: Policy,
): Promise<true | undefined> {
  return list.look('artifact', () => {
    const { content } = bundle;
    const hint = content.kind === 'message' ? content.digest : undefined;
    const own = hint === undefined ? undefined : artifact.digests.get(algorithmOf(hint));
    if (own !== undefined && own !== hint) {
      throw mismatch(`bundle is about ${String(hint)}, the artifact is ${own}`, { expected: own, found: hint ?? '' });
    }
    const digest = acceptedDigest(artifact, policy);
    return { fact: true, message: `artifact is ${digest}`, data: { digest } };
  });
}

/**
 * Finds the artifact among the subjects of a statement, by digest alone: a name proves nothing. Every strong digest that
 * is known of both has to agree, and one has to be there.
 */
export function checkSubjects(
  list: CheckList,
  subjects: readonly StatementSubject[],
  artifact: Artifact,
  policy: Policy,
): Promise<readonly string[] | undefined> {
  return list.look('artifact', () => {
    const own = subjects.filter((subject) => isArtifact(subject, artifact));
    const digests = [...artifact.digests.values()];
    if (own.length === 0) throw noSubject(subjects, digests);
    const digest = acceptedDigest(artifact, policy);
    return {
      fact: own.map(({ name }) => name),
      message: `statement is about ${digest}`,
      data: { digest, subjects: subjects.length, names: own.slice(0, 10).map(({ name }) => name) },
    };
  });
}

function isArtifact({ digests }: StatementSubject, artifact: Artifact): boolean {
  const known = digests.filter((digest) => artifact.digests.has(algorithmOf(digest)));
  return known.length > 0 && known.every((digest) => artifact.digests.get(algorithmOf(digest)) === digest);
}

function noSubject(subjects: readonly StatementSubject[], digests: readonly Digest[]): VerificationError {
  const some = subjects.flatMap((subject) => subject.digests).slice(0, 3);
  const found = some.length === 0 ? 'nothing with a strong digest' : some.join(', ');
  return mismatch(
    `statement is about ${found}${subjects.length > 3 ? ' and more' : ''}, not about ${digests.join(', ')}`,
    {
      expected: [...digests],
      found: some,
    },
  );
}

/** The digest to speak of: one that the policy names, where it names any. */
function acceptedDigest({ digests }: Artifact, policy: Policy): Digest | '' {
  const known = [...digests.values()];
  const digest = policy.digests === undefined ? known[0] : known.find((one) => policy.digests?.includes(one));
  if (digest !== undefined || policy.digests === undefined) return digest ?? '';
  throw mismatch(`artifact is ${known.join(', ')}, which the policy does not accept`, {
    expected: policy.digests.slice(0, 10),
    found: known,
  });
}

function mismatch(message: string, details: Readonly<Record<string, string | readonly string[]>>): VerificationError {
  return new VerificationError('ERR_SUBJECT_MISMATCH', message, { details });
}
