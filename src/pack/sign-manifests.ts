import type { Bundle } from '../attest/bundle.ts';
import { bytesSource } from '../bytes/source.ts';
import { digestOf } from '../digest/digest.ts';
import { cosignTag } from '../oci/cosign-tag.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { OperationOptions } from '../ports/operation.ts';
import type { Repository } from '../ports/registry.ts';
import { reported } from '../ports/report.ts';
import type { Signer } from '../ports/signer.ts';
import { attachReferrer, prepareReferrer } from './attach-bundle.ts';
import { legacyLayer } from './attach-bundle-layer.ts';
import { appendLayers } from './attach-bundle-legacy.ts';
import { failureOf } from './failure.ts';
import { findBundles } from './find-bundles/find-bundles.ts';
import type { LoadedManifest } from './load-manifest.ts';
import { describeLocation, type OpenLocation } from './pack-location.ts';
import { checkSigned, demandOf, refusalBy, samePayload, type Signable } from './sign-check.ts';
import { payloadType, simpleSigningBytes, statementBytes, type Said } from './sign-content.ts';
import { checkSigning, type AttestPackOptions, type SignedSubject, type SignResult } from './sign-options.ts';
import { checkUnmoved, signingSubjects } from './sign-subject.ts';
import { defaultFindLimits, type PolicyAndTrust } from './verification-input.ts';

/** What the steps of signing hand on. */
interface Signing {
  readonly location: OpenLocation;
  readonly signer: Signer;
  readonly said: Said;
  readonly settings: AttestPackOptions;
  readonly demand: PolicyAndTrust | undefined;
  readonly options: OperationOptions;
}

/**
 * Says something of a manifest, and attaches it. Everything is signed and verified before anything is attached; what is
 * in an index comes before the index.
 *
 * @throws UsageError, SigningError, and whatever the signer throws; StoreError `ERR_CONFLICT` where the tag moved while
 * it was signed. Nothing is attached then.
 */
export function signManifests(
  location: OpenLocation,
  said: Said,
  signer: Signer,
  settings: AttestPackOptions,
): Promise<SignResult> {
  checkSigning(signer, settings, said.verb);
  return reported({ verb: said.verb, name: describeLocation(location) }, settings, async ({ options }) => {
    const demand = await demandOf(signer, settings, options);
    const signing: Signing = { location, signer, said, settings, demand, options };
    const { named, manifests } = await signingSubjects(location, settings, options);
    const made: Prepare[] = [];
    for (const manifest of manifests) made.push(await makeSignature(manifest, signing));
    const prepared = Promise.all(made.map((prepare) => prepare()));
    const [ready] = await Promise.all([prepared, checkUnmoved(location, named, options)]);
    const all: SignedSubject[] = [];
    for (const attach of [...ready].reverse()) all.unshift(await attach());
    return resultOf(location, all);
  });
}

function resultOf({ text }: OpenLocation, all: readonly SignedSubject[]): SignResult {
  const first = all[0] as SignedSubject;
  const { digest } = first.subject;
  const reference = text === undefined ? {} : { reference: formatReference({ ...parseReference(text), digest }) };
  return { ...reference, ...first, all };
}

/** Makes a bundle visible: the last step. */
type Attach = () => Promise<SignedSubject>;

/** Brings a signature that was verified, and is nowhere yet, to the repository, where nobody sees it. */
type Prepare = () => Promise<Attach>;

async function makeSignature(manifest: LoadedManifest, signing: Signing): Promise<Prepare> {
  const { signer, settings, demand, options } = signing;
  const signable = signableOf(manifest, signing);
  const present = settings.ifAbsent === true ? await findPresent(manifest, signable, signing) : undefined;
  if (present !== undefined) return () => Promise.resolve(() => Promise.resolve(present));
  const bundle = await signer.sign(signable.content, options);
  options.signal?.throwIfAborted();
  const bytes = await checkSigned(bundle, signable, demand, options);
  return settings.format === 'legacy'
    ? inLayer(bundle, manifest, signable, signing)
    : inReferrer(bundle, bytes, manifest, signing);
}

/** What is handed to the signer: a statement, or the payload that stands for the manifest in the older format. */
function signableOf(manifest: LoadedManifest, { location, said, settings }: Signing): Signable {
  const { bytes } = manifest;
  if (settings.format === 'legacy' && said.verb === 'sign') {
    const payload = simpleSigningBytes(manifest, nameOf(location), said);
    return { manifest: bytes, payload, content: { kind: 'message', message: payload }, predicateType: undefined };
  }
  const payload = statementBytes(manifest, said);
  const { predicateType } = said;
  return { manifest: bytes, payload, content: { kind: 'dsse', payloadType, payload }, predicateType };
}

function nameOf({ text, repository }: OpenLocation): string {
  if (text === undefined) return repository.name;
  const { registry, repository: name } = parseReference(text);
  return `${registry}/${name}`;
}

/** The same by the same signer, where it is there and verifies. What cannot be seen is not there. */
async function findPresent(
  manifest: LoadedManifest,
  signable: Signable,
  { location: { repository }, settings, demand, options }: Signing,
): Promise<SignedSubject | undefined> {
  const context = { repository, limits: defaultFindLimits, concurrency: 8, options };
  const { bundles } = await findBundles(manifest, context);
  const legacy = settings.format === 'legacy';
  for (const { origin, bundle, payload } of bundles) {
    const [holder = '', layer] = origin.split('#');
    if (holder.includes(':') === legacy || bundle.content.kind !== signable.content.kind) continue;
    const found = payload ?? (bundle.content.kind === 'dsse' ? bundle.content.envelope.payload : undefined);
    if (found === undefined || !samePayload(found, signable.payload)) continue;
    const same = payload === undefined ? signable : { ...signable, payload: Uint8Array.from(payload) };
    if ((await refusalBy(bundle, same, demand, options)) !== undefined) continue;
    const referrer = await repository.resolve(holder, options);
    const tag = layer === undefined ? {} : { tag: holder };
    if (referrer !== undefined) return { subject: manifest.descriptor, referrer, bundle, ...tag, present: true };
  }
  return undefined;
}

function inReferrer(
  bundle: Bundle,
  bytes: Uint8Array<ArrayBuffer>,
  { descriptor: subject, bytes: { length: size } }: LoadedManifest,
  { location: { repository }, said, settings, options }: Signing,
): Prepare {
  const { mediaType, digest } = subject;
  const { predicateType } = said;
  const attached = { bytes, subject: { mediaType, digest, size }, predicateType, created: settings.created };
  return async () => {
    const prepared = await prepareReferrer(attached, repository, options);
    return async () => ({ subject, referrer: await attachReferrer(prepared, options), bundle, present: false });
  };
}

function inLayer(
  bundle: Bundle,
  { descriptor: subject, bytes }: LoadedManifest,
  { payload, predicateType }: Signable,
  { location: { repository }, said, options }: Signing,
): Prepare {
  const layer = legacyLayer(bundle, payload, predicateType);
  const tag = cosignTag(digestOf(bytes), said.verb === 'sign' ? 'sig' : 'att');
  return async () => {
    await putLayer(layer.descriptor, layer.bytes, repository, options);
    return async () => {
      const referrer = await appendLayers([layer.descriptor], tag, repository, options);
      return { subject, referrer, bundle, tag, present: false };
    };
  };
}

async function putLayer(
  descriptor: Descriptor,
  bytes: Uint8Array,
  repository: Repository,
  options: OperationOptions,
): Promise<void> {
  await repository.blob.put(descriptor, bytesSource(bytes), options).catch((error: unknown) => {
    throw failureOf(error, 'destination');
  });
}
