import { canonicalJson } from '../../bytes/canonical-json.ts';
import { toBase64 } from '../../bytes/encoding.ts';
import { bundleDocument, paeOf } from './bundle-document.ts';
import { signingTemplate } from './certificate-authority.ts';
import { certificateOf } from './certificate-template.ts';
import { withScts } from './ct-log.ts';
import type { Workshop } from './edits.ts';
import { hashOf } from './hash-of.ts';
import type { JsonObject, LogBodyTemplate } from './log-body.ts';
import { fullSignOptions, type FullSignOptions, type SignOptions } from './sign-options.ts';
import type { TestKey } from './test-key.ts';
import { timestampContentType, timestampOf, type TimestampTemplate } from './timestamp-authority.ts';
import { enterLog } from './transparency-log.ts';
import type { World } from './world.ts';

/** What the steps of signing hand on. */
export interface Signing {
  readonly world: World;
  readonly options: FullSignOptions;
  readonly now: number;
  readonly workshop: Workshop;
}

/** Signs and gives the bundle as JSON text. */
export async function signBundle(world: World, given: SignOptions, now: number): Promise<string> {
  const { edits, keys, authority } = world;
  const signing = openSigning(world, given, now);
  const { options, workshop } = signing;
  const certificate = options.signer === 'key' ? undefined : await issueCertificate(signing, keys.signer);
  const content = contentOf(signing);
  const message = 'artifact' in content ? content.artifact : paeOf(content.payloadType, content.payload);
  const good = await keys.signer.sign(message);
  const signature = (await edits.signature?.(good, workshop)) ?? good;
  const document = await bundleDocument({
    version: options.version,
    material: certificate === undefined ? await hintOf(signing) : [certificate, ...authority.chain.slice(0, -1)],
    entries: await enterLogs(signing, {
      message,
      signature,
      certificate,
      envelope: 'artifact' in content ? undefined : content,
    }),
    timestamps: await timestampsOf(signing, signature),
    signature,
    content,
  });
  const text = JSON.stringify((await edits.bundle?.(document, workshop)) ?? document);
  return edits.text?.(text) ?? text;
}

/** Reads what is to be signed, and opens the workshop of the edits. */
export function openSigning(world: World, given: SignOptions, now: number): Signing {
  const { edits, keys, authority } = world;
  const workshop: Workshop = {
    keys,
    now,
    chain: authority.chain,
    otherCertificate: () => issueCertificate({ ...signing, world: { ...world, edits: {} } }, keys.stranger),
  };
  const signing: Signing = { world, options: fullSignOptions(edits.options?.(given) ?? given), now, workshop };
  return signing;
}

/** Issues a certificate for the public part of a key. */
export async function issueCertificate(
  { world, options, now, workshop }: Signing,
  key: Pick<TestKey, 'publicKey'>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { keys, edits, authority } = world;
  const issuer = (await edits.issuedBy?.(keys.issuer, workshop)) ?? keys.issuer;
  const good = await signingTemplate(authority, key, options, now);
  const template = edits.leaf?.(good) ?? good;
  const logs = [keys.ctLog, keys.secondCtLog].slice(0, options.scts);
  const stamped = await withScts(template, keys.issuer, logs, {
    timestamp: now,
    extensions: options.sctExtensions,
    edits,
  });
  const certificate = await certificateOf(stamped, issuer);
  return Uint8Array.from((await edits.certificate?.(certificate, workshop)) ?? certificate);
}

type Content =
  | { readonly artifact: Uint8Array; readonly hash: TestKey['hash'] }
  | { readonly payload: Uint8Array; readonly payloadType: string };

function contentOf({ options, world }: Signing): Content {
  const { artifact, statement } = options;
  if (statement === undefined) {
    return { artifact: artifact ?? new Uint8Array(0), hash: world.keys.signer.hash };
  }
  const envelope = { payload: canonicalJson(statement), payloadType: 'application/vnd.in-toto+json' };
  return world.edits.envelope?.(envelope) ?? envelope;
}

async function hintOf({ options, world }: Signing): Promise<string> {
  return options.hint ?? toBase64(await hashOf(world.keys.signer.publicKey));
}

interface Signed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly certificate: Uint8Array | undefined;
  readonly envelope: LogBodyTemplate['envelope'];
}

async function enterLogs({ world, options, now, workshop }: Signing, signed: Signed): Promise<JsonObject[]> {
  const entries: JsonObject[] = [];
  const used = { v1: 0, v2: 0 };
  for (const version of options.logs) {
    const log = world.logs[version][used[version]++];
    if (log === undefined) throw new RangeError(`there are two logs of Rekor ${version}, and a third one is asked for`);
    const template = await bodyTemplate(
      world.keys.signer,
      version === 'v1' ? options.entry : 'hashedrekord',
      version,
      signed,
    );
    const witnesses = [{ name: 'witness.example', key: world.keys.witness }].slice(
      0,
      version === 'v1' ? 0 : options.cosignatures,
    );
    const edit = world.edits.entry;
    entries.push(
      await enterLog(log, (await edit?.(template, workshop)) ?? template, {
        time: now + 1000,
        witnesses,
        edit: async (checkpoint) => (await world.edits.checkpoint?.(checkpoint, workshop)) ?? checkpoint,
      }),
    );
  }
  return entries;
}

async function bodyTemplate(
  key: TestKey,
  kind: LogBodyTemplate['kind'],
  log: 'v1' | 'v2',
  { message, signature, certificate, envelope }: Signed,
): Promise<LogBodyTemplate> {
  return {
    kind,
    version: kind === 'intoto' || log === 'v2' ? '0.0.2' : '0.0.1',
    signature,
    verifier: {
      kind: certificate === undefined ? 'key' : 'certificate',
      der: certificate ?? key.publicKey,
      algorithm: key.algorithm,
    },
    digest: await hashOf(message, key.hash),
    digestAlgorithm: key.hash,
    envelope,
  };
}

async function timestampsOf({ world, options, now, workshop }: Signing, signature: Uint8Array): Promise<Uint8Array[]> {
  const templates = world.timestampAuthorities
    .slice(0, options.timestamps)
    .map(({ signer }, index): TimestampTemplate => {
      return {
        status: 0,
        contentType: timestampContentType,
        policy: '1.3.6.1.4.1.57264.2',
        imprintAlgorithm: 'sha256',
        imprintOf: signature,
        serial: index + 1,
        genTime: now + options.timestampDelay,
        embedded: options.embedded ? [signer.certificate] : [],
        signer,
        boundTo: signer.certificate,
      };
    });
  const edited = (await world.edits.timestamps?.(templates, workshop)) ?? templates;
  return Promise.all(edited.map(timestampOf));
}
