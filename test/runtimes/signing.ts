import { bytesSource, digestOf, streamSource } from 'packwright';
import { formatBundle, parseBundle, parseSigningConfig, parseTrustRoot, statementPayloadType } from 'packwright/attest';
import {
  exportPublicKeyPem,
  generateSigningKey,
  keySigner,
  type Signer,
  type WebSigningKey,
} from 'packwright/signer/key';
import { keylessSigner, sigstoreWitness } from 'packwright/signer/keyless';
import { verify, type Policy, type SignerRule } from 'packwright/verify';
import { codeOf } from './some-bytes.ts';

/** Everything that a runtime is told before it signs, as JSON. */
export interface SigningTask {
  readonly signingConfig: string;
  readonly trustedRoot: string;
  readonly text: string;
  /** For whom it signs the file, and for whom what is stated about it. */
  readonly signer: TaskIdentity;
  readonly builder: TaskIdentity;
}

export interface TaskIdentity {
  readonly identity: string;
  readonly issuer: string;
  readonly token: string;
}

/** The bundles that a runtime has made, and what its own verifier says of them. */
export interface SigningOutcome {
  readonly bundles: Readonly<Record<BundleName, string>>;
  /** The public half of the key, in PEM. */
  readonly publicKey: string;
  /** The code of the error, or `no error`. */
  readonly verdicts: Readonly<Record<string, string>>;
}

export type BundleName = 'keyless' | 'keyless streamed' | 'keyless statement' | 'key' | 'key statement';

export const predicateType = 'https://slsa.dev/provenance/v1';
const predicate = {
  buildDefinition: { buildType: 'https://example.com/build/v1', externalParameters: {} },
  runDetails: { builder: { id: 'https://example.com/builder' } },
};

/** Signs a file and a statement about it, without a key and with one that cannot leave the runtime, and verifies each. */
export async function signEverything(task: SigningTask): Promise<SigningOutcome> {
  const key = await generateSigningKey({ extractable: false });
  const publicKey = await exportPublicKeyPem(key);
  const bundles = await bundlesBy(key, task);
  const exported = await codeOf(() => crypto.subtle.exportKey('pkcs8', key.pair.privateKey));
  const verdicts = await verdictsOn(bundles, publicKey, task);
  return { bundles, publicKey, verdicts: { ...verdicts, 'the private key, exported': exported } };
}

async function bundlesBy(
  key: WebSigningKey,
  { signingConfig, trustedRoot, text, signer, builder }: SigningTask,
): Promise<SigningOutcome['bundles']> {
  const bytes = new TextEncoder().encode(text);
  const trust = parseTrustRoot(trustedRoot);
  const services = { signingConfig: parseSigningConfig(signingConfig), trust };
  const bySigner = keylessSigner({ ...services, identityToken: signer.token });
  const byBuilder = keylessSigner({ ...services, identityToken: builder.token });
  const logged = keySigner({ key, trust, witness: sigstoreWitness(services) });
  return {
    keyless: await formatted(bySigner.sign({ kind: 'message', message: bytes })),
    'keyless streamed': await formatted(bySigner.sign({ kind: 'message', message: unsized(bytes) })),
    'keyless statement': await formatted(byBuilder.sign(statementOf(bytes))),
    key: await formatted(logged.sign({ kind: 'message', message: bytesSource(bytes) })),
    'key statement': await formatted(keySigner({ key }).sign(statementOf(bytes))),
  };
}

async function verdictsOn(
  bundles: SigningOutcome['bundles'],
  publicKey: string,
  { trustedRoot, text, ...task }: SigningTask,
): Promise<Record<string, string>> {
  const trust = parseTrustRoot(trustedRoot);
  const says = (name: BundleName, rule: SignerRule, more: Partial<Policy> = {}, file = text): Promise<string> =>
    codeOf(() => {
      const policy: Policy = { version: 1, signers: { anyOf: [rule] }, ...more };
      return verify(new TextEncoder().encode(file), parseBundle(bundles[name]), { trust, policy });
    });
  const stated: Partial<Policy> = { predicates: [{ type: predicateType }] };
  const [signer, builder, key] = [ruleOf(task.signer), ruleOf(task.builder), { key: publicKey }];
  const other = `${text}!`;
  return {
    keyless: await says('keyless', signer),
    'keyless streamed': await says('keyless streamed', signer),
    'keyless statement': await says('keyless statement', builder, stated),
    key: await says('key', key, { demand: { log: 1, time: 1 } }),
    'key statement': await says('key statement', key, stated),
    'keyless, of somebody else': await says('keyless', builder),
    'keyless, of another file': await says('keyless', signer, {}, other),
    'statement, by somebody else': await says('keyless statement', signer, stated),
    'statement, about another file': await says('keyless statement', builder, stated, other),
    'key, of another file': await says('key', key, {}, other),
    'key, without a log': await says('key statement', key, { ...stated, demand: { log: 1 } }),
  };
}

function ruleOf({ identity, issuer }: TaskIdentity): SignerRule {
  return { identity, issuer };
}

async function formatted(signing: ReturnType<Signer['sign']>): Promise<string> {
  return new TextDecoder().decode(formatBundle(await signing));
}

/** Of a size that nobody knows beforehand: it is signed by its digest. */
const unsized = (bytes: Uint8Array<ArrayBuffer>): ReturnType<typeof streamSource> =>
  streamSource(() => new Blob([bytes]).stream());

function statementOf(bytes: Uint8Array<ArrayBuffer>): Parameters<Signer['sign']>[0] {
  const subject = [{ name: 'file.txt', digest: { sha256: digestOf(bytes).slice('sha256:'.length) } }];
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate };
  const payload = new TextEncoder().encode(JSON.stringify(statement));
  return { kind: 'dsse', payloadType: statementPayloadType, payload };
}
