/** Who made this pack? It is signed, verified where it lies, and refused where somebody else signed it. */
import { bytesSource, createPackService, VerificationError } from 'packwright';
import { parseTrustRoot } from 'packwright/attest';
import { createTestSigstore } from 'packwright/testing';

const service = createPackService();
const text = (content: string) => bytesSource(new TextEncoder().encode(content));
const app = 'registry.example/team/app:1.0';
const { digest } = await service.pack({ files: [{ path: 'app.txt', source: text('hello\n') }] }, app);

// A Sigstore in memory stands for the real one: it certifies who somebody is, logs the signature, and tells the time.
const sigstore = await createTestSigstore();
const issuer = 'https://login.example';

/** Signs the pack, and puts the bundle beside it as cosign does. */
async function sign(identity: string): Promise<void> {
  const [algorithm = '', hex = ''] = digest.split(':');
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: hex } }],
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
    predicate: {},
  };
  const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const source = text(await sigstore.sign({ statement, identity, issuer }));
  await service.attach(app, { files: [{ path: 'bundle.sigstore.json', source, mediaType }], artifactType: mediaType });
}

// What must be proven: this identity, by this issuer. Nothing else is allowed.
const demand = {
  policy: { version: 1, signers: { anyOf: [{ identity: 'dev@example.com', issuer }] } },
  trust: parseTrustRoot(sigstore.trustRoot),
} as const;

/** What comes of a verification, in a line. */
async function judge(): Promise<string> {
  try {
    const { reference, report } = await service.verify(app, demand);
    return `${reference ?? ''}\n${report.message}`;
  } catch (error) {
    if (error instanceof VerificationError) return `refused: ${error.code}`;
    throw error;
  }
}

console.log(await judge());
await sign('mallory@example.com');
console.log(await judge());
await sign('dev@example.com');
console.log(await judge());
