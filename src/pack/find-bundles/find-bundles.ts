import type { Bundle } from '../../attest/bundle.ts';
import { parseBundle } from '../../attest/parse-bundle.ts';
import type { Envelope } from '../../attest/envelope.ts';
import { parseEnvelope } from '../../attest/parse-envelope.ts';
import { digestOf, type Digest } from '../../digest/digest.ts';
import { FormatError, type PackError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { eachBounded } from '../each-bounded.ts';
import type { Candidate, FindContext, ReferrersState, Unread } from './candidate.ts';
import { checkTotal, countCandidates } from './count-candidates.ts';
import { legacyBundle, legacySignature } from './legacy-bundle.ts';
import { listLegacyTags } from './legacy-tags.ts';
import { listReferrers } from './list-referrers.ts';
import { readContent } from './read-content.ts';
import { checkPayload } from './simple-signing.ts';
import { unreadError } from './unread.ts';

/** A bundle that was found for a manifest, read and not verified. */
export interface FoundBundle {
  /** The digest of the referrer that it lies in, or a tag and the number of the layer. */
  readonly origin: string;
  readonly bundle: Bundle;
  /** What cosign 2 signed in place of the manifest: a payload that was seen to name the manifest. */
  readonly payload?: Uint8Array;
}

/** Everything that a repository has to say on who signed a manifest. */
export interface FoundBundles {
  readonly bundles: readonly FoundBundle[];
  /** What may be a signature and could not be read. */
  readonly unread: readonly Unread[];
  readonly from: ReferrersState;
  /** Why the registry could not be asked. */
  readonly failure?: PackError;
  /** Trusted roots that travel with the manifest. Nobody believes them unless they are pinned. */
  readonly trustRoots: readonly Descriptor[];
}

/** A manifest whose signatures are looked for. */
export interface SignedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/**
 * Finds what was signed about a manifest: the bundles among its referrers, and what cosign 2 keeps under tags beside it.
 * Nothing is believed that lists say; nothing that is there and cannot be read is left out.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED` for more than may be looked at.
 */
export async function findBundles(manifest: SignedManifest, context: FindContext): Promise<FoundBundles> {
  const count = countCandidates(context);
  const digests = digestsOf(manifest);
  const [referrers, tags] = await Promise.all([
    listReferrers(manifest.descriptor, context, count),
    listLegacyTags(digestOf(manifest.bytes), context, count),
  ]);
  const { concurrency, options } = context;
  const candidates = [...referrers.candidates, ...tags.candidates];
  checkTotal(candidates, context);
  const read = await eachBounded(candidates, { concurrency, signal: options.signal }, (candidate, signal) =>
    readCandidate(candidate, digests, { ...context, options: { ...options, signal } }),
  );
  const { from, failure, trustRoots } = referrers;
  return {
    bundles: read.filter((one) => 'bundle' in one),
    unread: [...referrers.unread, ...tags.unread, ...read.filter((one) => 'error' in one)],
    from,
    ...(failure === undefined ? {} : { failure }),
    trustRoots,
  };
}

/** Every digest that a manifest can be meant by. */
export function digestsOf({ bytes }: SignedManifest): readonly Digest[] {
  return [digestOf(bytes), digestOf(bytes, 'sha384'), digestOf(bytes, 'sha512')];
}

async function readCandidate(
  candidate: Candidate,
  digests: readonly Digest[],
  context: FindContext,
): Promise<FoundBundle | Unread> {
  const { origin, kind, layer } = candidate;
  const { annotations = {} } = layer;
  try {
    const content = await readContent(layer, context);
    if (kind === 'bundle') return { origin, bundle: parseBundle(content) };
    if (kind === 'envelope') {
      return { origin, bundle: legacyBundle(annotations, { kind: 'dsse', envelope: soleEnvelope(content) }) };
    }
    checkPayload(content, digests);
    const signature = legacySignature(annotations);
    const bundle = legacyBundle(annotations, { kind: 'message', signature, digest: digestOf(content) });
    return { origin, bundle, payload: content };
  } catch (error) {
    return { origin, error: unreadError(error, context.options.signal) };
  }
}

/** As in a bundle, there is one signature: nobody has to say which of several was checked. */
function soleEnvelope(content: Uint8Array): Envelope {
  const envelope = parseEnvelope(content);
  const { length } = envelope.signatures;
  if (length === 1) return envelope;
  throw new FormatError('ERR_ENVELOPE_INVALID', `envelope has ${length} signatures, expected 1`, {
    issues: [{ path: 'signatures', message: `expected 1, got ${length}` }],
  });
}
