import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programPath, run } from '../peers/programs.ts';
import type { Cell } from './cosign/cells.ts';
import { demandFor, provenance, signerFor, verdictOf } from './cosign/own-side.ts';
import { askCosign, runCosign, signFlags, verifyFlags } from './cosign/run-cosign.ts';
import { packIn, spotIn, type Spot } from './cosign/spot.ts';
import { cosignTree, indexIn, orasDiscovers, runOurs, signAs, signatureBy, weList } from './cosign/together.ts';
import { signerEmail, startWorld, writeInto, type World } from './cosign/world.ts';
import { describeWithPeers } from './peers.ts';

const registries = ['olareg', 'distribution 3'] as const;

describeWithPeers('packwright and cosign on one subject', { concurrent: true, timeout: 120_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  const cosignSays = (cell: Cell, { target }: Spot, ...more: readonly string[]): Promise<boolean> =>
    askCosign(['verify', ...verifyFlags(world, cell), ...more, target], world.folderFor('work')).then(
      ({ accepted }) => accepted,
    );
  const weSay = (cell: Cell, { location }: Spot): Promise<boolean> =>
    verdictOf(world.service.verify(location, demandFor(world, cell))).then(({ accepted }) => accepted);

  it.each(registries)('sign it in turn, and both find all four signers: %s', async (place) => {
    const spot = await packIn(world, place, 'in-turn', 'signed in turn');
    const cells = [
      signatureBy('packwright', 'key', 'log', place),
      signatureBy('cosign', 'key', 'none', place),
      signatureBy('packwright', 'keyless', 'timestamp', place),
      signatureBy('cosign', 'keyless', 'log', place),
    ];
    for (const cell of cells) await signAs(world, cell, spot);
    for (const cell of cells) expect([await cosignSays(cell, spot), await weSay(cell, spot)]).toEqual([true, true]);
    const { issuers } = world.sigstore;
    const anyOf = [
      { key: world.keys.cosign.publicPem },
      { key: world.keys.packwright.publicPem },
      { identity: signerEmail, issuer: issuers.email },
    ];
    const policy = { version: 1, signers: { threshold: 3, anyOf } } as const;
    await world.service.verify(spot.location, { policy, trust: world.trust });
    const listed = await weList(spot);
    expect(listed).toHaveLength(4);
    expect(await orasDiscovers(world, spot)).toEqual(listed);
    expect(await cosignTree(world, spot)).toEqual(expect.arrayContaining([...listed]));
  });

  it('two identities sign it, by a mail address and by the address of a workflow', async () => {
    const spot = await packIn(world, 'distribution 3', 'identities', 'signed by two identities');
    await signAs(world, signatureBy('packwright', 'keyless', 'log'), spot);
    const uri = 'http://127.0.0.1/ci/build';
    const token = await world.sigstore.token({ uri });
    const flags = signFlags(world, signatureBy('cosign', 'keyless', 'log'));
    await runCosign(['sign', ...flags, spot.target], world.folderFor('work'), token);
    const { email, uri: issuer } = world.sigstore.issuers;
    const anyOf = [
      { identity: signerEmail, issuer: email },
      { identity: uri, issuer },
    ];
    const policy = { version: 1, signers: { threshold: 2, anyOf } } as const;
    await world.service.verify(spot.location, { policy, trust: world.trust });
    const named = [`--certificate-identity=${uri}`, `--certificate-oidc-issuer=${issuer}`];
    await runCosign(['verify', ...named, `--trusted-root=${world.sigstore.trustedRoot}`, spot.target], world.folder);
    expect(await cosignSays(signatureBy('packwright', 'keyless', 'log'), spot)).toBe(true);
  });

  it.each(registries)('sign an index with everything in it for one another: %s', async (place) => {
    const theirs = await indexIn(world, place, 'index-theirs');
    await signAs(world, signatureBy('cosign', 'key', 'none'), theirs, '--recursive');
    const ours = await indexIn(world, place, 'index-ours');
    const key = world.keys.cosign.privateFile;
    await runOurs(world, 'sign', ours.target, '--key', key, '--no-log', '--recursive');
    for (const spot of [theirs, ...theirs.inside])
      expect(await weSay(signatureBy('cosign', 'key', 'none'), spot)).toBe(true);
    for (const spot of [ours, ...ours.inside]) {
      expect(await cosignSays(signatureBy('packwright', 'key', 'none'), spot)).toBe(true);
    }
    const demand = demandFor(world, signatureBy('cosign', 'key', 'none'));
    const verdict = await world.service.verify(theirs.location, demand, { platform: 'linux/arm64' });
    expect(verdict.descriptor.digest).toBe(theirs.inside[1]?.subject.digest);
  });

  it.each([
    ['olareg', 'distribution 3'],
    ['distribution 3', 'olareg'],
  ] as const)('still verify it after oras copied it from %s to %s', async (from, to) => {
    const name = `copied-to-${to.slice(0, 4)}`;
    const spot = await packIn(world, from, name, name);
    const cells = [signatureBy('packwright', 'keyless', 'log'), signatureBy('cosign', 'key', 'log')];
    for (const cell of cells) await signAs(world, cell, spot);
    const address = (place: typeof from): string => `${world.registries[place].host}/team/${name}:v1`;
    // olareg loses referrers that come at the same time.
    const flags = ['--recursive', '--from-plain-http', '--to-plain-http', '--concurrency=1'];
    await run(programPath('oras'), ['cp', ...flags, address(from), address(to)], { env: { HOME: world.folder } });
    const copied = await spotIn(world, to, name);
    for (const cell of cells) expect([await cosignSays(cell, copied), await weSay(cell, copied)]).toEqual([true, true]);
    expect(await weList(copied)).toEqual(await weList(spot));
  });

  it('keep older signatures of one another under the same tag', async () => {
    const spot = await packIn(world, 'distribution 3', 'older', 'signed as cosign 2 did');
    const cells = (['packwright', 'cosign', 'packwright', 'cosign'] as const).map((from): Cell => ({
      ...signatureBy(from, 'key', 'none'),
      format: 'legacy',
    }));
    for (const cell of cells) await signAs(world, cell, spot);
    for (const cell of cells) expect([await cosignSays(cell, spot), await weSay(cell, spot)]).toEqual([true, true]);
    const { report } = await world.service.verify(
      spot.location,
      demandFor(world, signatureBy('cosign', 'key', 'none')),
    );
    // cosign does not sign twice with one key in this format.
    expect(report.bundles.length).toBeGreaterThanOrEqual(3);
  });

  it('compare annotations that were signed along', async () => {
    const cell = signatureBy('packwright', 'key', 'none');
    const spot = await packIn(world, 'olareg', 'annotated', 'annotated');
    await world.service.sign(spot.location, await signerFor(world, cell), { annotations: { stage: 'release' } });
    expect(await cosignSays(cell, spot, '-a', 'stage=release')).toBe(true);
    expect(await cosignSays(cell, spot, '-a', 'stage=test')).toBe(false);
  });

  it('find all of ten signers that sign at once, where the list of referrers is under a tag', async () => {
    const spot = await packIn(world, 'distribution 3', 'ten', 'signed by ten');
    const keys = Array.from({ length: 10 }, (_, index) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
      const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const folder = world.folderFor('ten');
      return { pem, key: writeInto(folder, `${index}.key`, privatePem), pub: writeInto(folder, `${index}.pub`, pem) };
    });
    await Promise.all(keys.map(({ key }) => runOurs(world, 'sign', spot.target, '--key', key, '--no-log')));
    const policy = { version: 1, signers: { threshold: 10, anyOf: keys.map(({ pem }) => ({ key: pem })) } } as const;
    const { report } = await world.service.verify(spot.location, policy);
    expect(report.bundles).toHaveLength(10);
    for (const { pub } of keys) {
      await runCosign(['verify', `--key=${pub}`, '--insecure-ignore-tlog', spot.target], world.folderFor('work'));
    }
    const listed = await weList(spot);
    expect(await orasDiscovers(world, spot)).toEqual(listed);
    expect(await cosignTree(world, spot)).toEqual(expect.arrayContaining([...listed]));
  });

  it('read the public part of keys that the other one made', async () => {
    const { cosign, packwright } = world.keys;
    expect(await runOurs(world, 'keys', 'public', '--key', cosign.privateFile)).toBe(cosign.publicPem);
    const said = await runCosign(['public-key', `--key=${packwright.privateFile}`], world.folder);
    expect(said.trim()).toBe(packwright.publicPem.trim());
  });

  it('are at one over commands: what one signs and attests keyless, the other verifies, and refuses for another', async () => {
    const spot = await packIn(world, 'distribution 3', 'commands', 'signed by commands');
    const { sigstore, folder } = world;
    const token = writeInto(folder, 'token.jwt', await sigstore.token({ email: signerEmail }));
    const services = ['--signing-config', sigstore.signingConfigs.log, '--trusted-root', sigstore.trustedRoot];
    const predicate = writeInto(folder, 'provenance.json', JSON.stringify(provenance));
    const by = ['--identity-token', token, ...services];
    await runOurs(world, 'sign', spot.target, ...by);
    await runOurs(world, 'attest', spot.target, '--predicate', predicate, '--type', 'slsaprovenance1', ...by);
    const cell = signatureBy('packwright', 'keyless', 'log');
    expect(await cosignSays(cell, spot)).toBe(true);
    const flags = verifyFlags(world, cell);
    await runCosign(['verify-attestation', '--type=slsaprovenance1', ...flags, spot.target], folder);
    const own = (identity: string): Promise<string> =>
      runOurs(
        world,
        ...['verify', spot.target, '--trusted-root', sigstore.trustedRoot],
        ...['--certificate-identity', identity, '--certificate-oidc-issuer', sigstore.issuers.email],
      );
    expect(await own(signerEmail)).toContain('verified: ');
    await expect(own('mallory@example.com')).rejects.toMatchObject({ code: 13 });
  });
});
