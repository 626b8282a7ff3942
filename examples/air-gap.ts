/**
 * A pack goes into one file with its signature, an attestation and the trust root that they are verified by. The file
 * goes where no network is, and there all of it is checked before it is used.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesSource, createPackService, digestOf } from 'packwright';
import { buildTestResult, parseSigningConfig, parseTrustRoot, testResultType } from 'packwright/attest';
import { layoutArchiveStream, layoutRepository, openLayoutArchive } from 'packwright/registry/layout';
import { keylessSigner } from 'packwright/signer/keyless';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes, walkFolder } from 'packwright/source/file';
import { createTestIssuer, createTestSigstore, testSigstoreServices } from 'packwright/testing';

const folder = await mkdtemp(join(tmpdir(), 'packwright-air-gap-'));
const identity = 'dev@example.com';
const rootType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';

/** Who signs: a Sigstore in memory stands for the real one, as this example needs no network either. */
const sigstore = await createTestSigstore();
const login = await createTestIssuer({ url: 'https://login.example' });
const services = testSigstoreServices(sigstore, login);
const signer = keylessSigner({
  signingConfig: parseSigningConfig(services.signingConfig()),
  trust: parseTrustRoot(sigstore.trustRoot),
  identityToken: await login.token({ sub: '1', email: identity, email_verified: true }),
  fetch: services.fetch,
  clock: { now: () => Date.UTC(2025, 0, 1) },
});

/** Here: a folder becomes a pack. It is signed, the tests are attested, and the trust root is attached. */
async function send(file: string): Promise<void> {
  await mkdir(join(folder, 'site'));
  await writeFile(join(folder, 'site/index.html'), '<h1>hello</h1>\n');
  const service = createPackService();
  const pack = { repository: layoutRepository({ directory: join(folder, 'packs') }), reference: '1.0' };
  const site = { path: 'site', entries: walkFolder(join(folder, 'site')) };
  await service.pack({ folders: [site], artifactType: 'application/vnd.example.site' }, pack);
  await service.sign(pack, signer);
  await service.attest(pack, buildTestResult({ result: 'passed', configuration: [{ name: 'links' }] }), signer);
  const root = { path: 'trusted_root.json', source: bytesSource(sigstoreRoot), mediaType: rootType };
  await service.attach(pack, { files: [root], artifactType: rootType });

  // One file, with everything that refers to the pack.
  const archive = await layoutArchiveStream(pack.repository, [{ reference: pack.reference }]);
  await writeFile(file, archive.stream);
  console.log(`${archive.blobs} blobs in one file`);
}

const sigstoreRoot = new TextEncoder().encode(sigstore.trustRoot);

/** There: nothing can be asked, and whoever tries is told so. */
const offline = createPackService({
  registries: (host) => {
    throw new Error(`${host} cannot be reached from here`);
  },
});
globalThis.fetch = () => Promise.reject(new Error('nothing can be fetched from here'));

const file = join(folder, 'site.tar');
await send(file);

// The file is read in place. Two things came by another way than it did: who may sign, and the digest of the trust root.
const pack = { repository: await openLayoutArchive(await fileBytes(file)) };
const policy = { version: 1, signers: { anyOf: [{ identity, issuer: login.url }] } } as const;
const trustedRootDigest = digestOf(sigstoreRoot);

const { report, descriptor } = await offline.verify(pack, { policy, trustedRootDigest });
console.log(`signature: ${report.message}`);
const tested = { ...policy, predicates: [{ type: testResultType }] };
const tests = await offline.verify(pack, { policy: tested, trustedRootDigest });
console.log(`tests: ${tests.report.message}`);
const unpinned = await offline.evaluate(pack, { policy });
console.log(`without the digest of the trust root: ${unpinned.report.verdict}, ${unpinned.report.code ?? ''}`);

// What was verified is a digest, and that is what is unpacked.
await offline.unpack({ ...pack, reference: descriptor.digest }, fsSink({ directory: join(folder, 'out') }));
console.log(await readFile(join(folder, 'out/site/index.html'), 'utf8'));

await rm(folder, { recursive: true });
