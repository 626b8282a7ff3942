/**
 * The whole path on embedded defaults: this project's own lockfile becomes a pack, is pushed to a registry, signed and
 * attested there, copied to somebody who verifies and unpacks it where the registry is gone, and refused once a byte of
 * it, the key or the identity is not the right one. Run it with `npm run demo`; each step is a file in `demo/`.
 */
import { readFile, rm } from 'node:fs/promises';
import { digestOf } from 'packwright';
import { generateKeysCommand, serveCommand } from 'packwright/cli';
import { forge } from './demo/forge.ts';
import { packTwice, push } from './demo/pack.ts';
import { receive, unpack, verify } from './demo/receive.ts';
import { attest, dev, publicKey, signForIdentity, signWithKey, trustRoot } from './demo/sign.ts';
import { context, folder, path, refused, say } from './demo/stage.ts';

try {
  await publish();
  await verifyWithKey();
  await verifyIdentity();
  say('11. Unpack it: all or nothing, every byte checked.');
  await unpack('unpacked');
  await forge();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function publish(): Promise<void> {
  const { digest, lock } = await packTwice();
  if (lock === undefined) throw new Error('expected a pack of a lockfile');
  const registry = await serveCommand({ port: 0 }, context);
  const reference = `${registry.host}/team/demo:1.0`;
  try {
    await push(reference, registry.url);
    await signWithKey(reference, digest);
    await attest(reference, lock);
    await signForIdentity(reference);
    await receive(reference, digest);
  } finally {
    await registry.close();
  }
}

async function verifyWithKey(): Promise<void> {
  say('8. The registry is gone. Verify the copy with the public key, each time another kind of statement.');
  for (const type of [undefined, 'slsaprovenance1', 'cyclonedx']) {
    say(`   ${type ?? 'signature'}: ${await verify({ key: publicKey, type })}`);
  }
  say('9. Verify it with the key of somebody else.');
  await generateKeysCommand({ outputKeyPrefix: path('other') }, context);
  await refused('ERR_SIGNATURE_INVALID', () => verify({ key: path('other.pub') }));
}

async function verifyIdentity(): Promise<void> {
  say(
    '10. Verify who signed without a key. The trust root is the one that came along: its digest is known from before.',
  );
  const trustedRootDigest = digestOf(await readFile(trustRoot));
  say(`   ${await verify({ ...dev, trustedRootDigest })}`);
  const mallory = { ...dev, certificateIdentity: 'mallory@example.com' };
  say(`   Demand ${mallory.certificateIdentity} instead.`);
  await refused('ERR_IDENTITY_MISMATCH', () => verify({ ...mallory, trustedRootDigest }));
  say('   Leave out the digest: a trust root is not believed because it came along.');
  await refused('ERR_TIMESTAMP_MISSING', () => verify(dev));
}
