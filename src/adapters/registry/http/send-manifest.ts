import { algorithmOf } from '../../../digest/digest.ts';
import type { Exchange } from '../../../http/exchange.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { OperationOptions } from '../../../ports/operation.ts';
import type { Scope } from './connection.ts';
import { checkDigestHeader, manifestPath, type RepositoryContext } from './manifests.ts';

/** What writing to a repository needs to be allowed. */
export function pushScope(name: string): readonly Scope[] {
  return [{ repository: name, actions: ['pull', 'push'] }];
}

/** What is sent: a manifest, and the tag that it gets. */
export interface OutgoingManifest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly descriptor: Descriptor;
  readonly tag?: string | undefined;
}

/**
 * Sends a manifest: to its tag where it has one, else to its digest. A registry makes up the digest of what is sent to a
 * tag, and that is a sha256: what has another one goes to its digest with the tag as a parameter, and to the tag
 * as well where no `OCI-Tag` says that the registry knows that (distribution-spec 1.1.1 and later, end-7b).
 *
 * @returns The last answer, which took everything.
 */
export async function sendManifest(
  context: RepositoryContext,
  manifest: OutgoingManifest,
  operation: OperationOptions,
): Promise<Exchange> {
  const { digest } = manifest.descriptor;
  const { tag } = manifest;
  if (tag === undefined) return sendTo(context, digest, manifest, operation);
  if (algorithmOf(digest) === 'sha256') return sendTo(context, tag, manifest, operation);
  const answer = await sendTo(context, `${digest}?tag=${tag}`, manifest, operation);
  return isTagged(answer.response.headers, tag) ? answer : sendTo(context, tag, manifest, operation);
}

function isTagged(headers: Headers, tag: string): boolean {
  const tags = (headers.get('oci-tag') ?? '').split(',');
  return tags.some((text) => text.trim() === tag);
}

/** What must still hold for a PUT to be done: the headers that say it. */
export type Condition = Readonly<Record<string, string>>;

/** One PUT; with `once`, never sent a second time. The answer has status 412 where the condition did not hold. */
export async function sendTo(
  context: RepositoryContext,
  reference: string,
  { bytes, descriptor }: OutgoingManifest,
  operation: OperationOptions,
  how: { readonly condition?: Condition | undefined; readonly once?: boolean | undefined } = {},
): Promise<Exchange> {
  const { condition, once = false } = how;
  const answer = await context.connection.ask(manifestPath(context, reference), {
    ...operation,
    method: 'PUT',
    // Just the media type: registries compare it with the one in the document.
    headers: { 'content-type': descriptor.mediaType, ...condition },
    body: () => bytes,
    scopes: pushScope(context.name),
    ...(once ? { repeatable: false } : { patient: true }),
    expect: condition === undefined ? [200, 201, 202, 204] : [200, 201, 202, 204, 412],
  });
  await answer.discard();
  if (answer.response.status !== 412) checkDigestHeader(answer.response.headers, bytes);
  return answer;
}

/** The condition that a reference is still what it was: an entity tag, or null for nothing at all. */
export function conditionOf(etag: string | null): Condition {
  return etag === null ? { 'if-none-match': '*' } : { 'if-match': etag };
}
