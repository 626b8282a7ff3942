/** The pack is signed, by a key and for an identity, and two statements about it are signed: its origin and its parts. */
import { writeFile } from 'node:fs/promises';
import { createPackService } from 'packwright';
import type { Lock } from 'packwright';
import { buildProvenance, parseSigningConfig, parseTrustRoot } from 'packwright/attest';
import { attachCommand, attestCommand, generateKeysCommand, sbomCommand, signCommand } from 'packwright/cli';
import { httpRegistries } from 'packwright/registry/http';
import { keylessSigner } from 'packwright/signer/keyless';
import { createTestIssuer, createTestSigstore, testSigstoreServices } from 'packwright/testing';
import { context, expect, path, say, timed } from './stage.ts';

const key = path('demo.key');
export const publicKey: string = path('demo.pub');

export async function signWithKey(reference: string, digest: string): Promise<void> {
  say('4. Sign it with a fresh key: its private half is kept encrypted, as cosign keeps it.');
  const { keyId } = await generateKeysCommand({ outputKeyPrefix: path('demo') }, context);
  say(`   the key is ${keyId}`);
  const { result, time } = await timed(() => signCommand({ reference, key, noLog: true }, context));
  expect(result.subject.digest === digest, 'the signature is on what was packed');
  say(`   the signature is ${result.referrer.digest}, attached in ${time}`);
}

export async function attest(reference: string, lock: Lock): Promise<void> {
  say('5. Attest where it came from, and what is in it: two statements, signed with the same key.');
  const { predicate } = buildProvenance({
    lock,
    builder: { id: 'https://builder.example/demo' },
    buildType: 'https://builder.example/demo/v1',
    externalParameters: { lockfile: 'package-lock.json', omit: ['dev'] },
  });
  await state(reference, 'slsaprovenance1', JSON.stringify(predicate));
  const { bytes } = await sbomCommand({ reference, format: 'cyclonedx' }, context);
  await state(reference, 'cyclonedx', bytes);
}

async function state(reference: string, type: string, predicate: string | Uint8Array): Promise<void> {
  const file = path(`${type}.json`);
  await writeFile(file, predicate);
  const options = { reference, predicate: file, type, key, noLog: true };
  const { result, time } = await timed(() => attestCommand(options, context));
  say(`   ${type} is ${result.referrer.digest}, attached in ${time}`);
}

export const dev = { certificateIdentity: 'dev@example.com', certificateOidcIssuer: 'https://login.example' };

/** A Sigstore in memory stands for the real one: it certifies whose token it was, logs the signature and stamps it. */
export async function signForIdentity(reference: string): Promise<void> {
  say(`6. Sign it without a key, for ${dev.certificateIdentity}; a Sigstore in memory stands for the real one.`);
  const sigstore = await createTestSigstore({ clock: Date.now });
  const issuer = await createTestIssuer({ url: dev.certificateOidcIssuer, clock: Date.now });
  const services = testSigstoreServices(sigstore, issuer);
  const signer = keylessSigner({
    signingConfig: parseSigningConfig(services.signingConfig()),
    trust: parseTrustRoot(sigstore.trustRoot),
    identityToken: await issuer.token({ sub: '1', email: dev.certificateIdentity, email_verified: true }),
    fetch: services.fetch,
  });
  const service = createPackService({ registries: httpRegistries() });
  const { result, time } = await timed(() => service.sign(reference, signer));
  say(`   the signature is ${result.referrer.digest}, attached in ${time}`);
  await attachTrustRoot(reference, sigstore.trustRoot);
}

export const trustRoot: string = path('trusted_root.json');

/** It travels with the pack as data: nobody believes it who does not know its digest from elsewhere. */
async function attachTrustRoot(reference: string, document: string): Promise<void> {
  await writeFile(trustRoot, document);
  const type = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
  await attachCommand(
    { reference, inputs: [`${trustRoot}:${type}`], names: ['trusted_root.json'], artifactType: type },
    context,
  );
  say('   and its trust root travels along');
}
