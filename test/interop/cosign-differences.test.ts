import { join } from 'node:path';
import { exportPublicKeyPem, generateSigningKey, keySigner } from 'packwright/signer/key';
import { sigstoreWitness } from 'packwright/signer/keyless';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programPath, run } from '../peers/programs.ts';
import type { Cell } from './cosign/cells.ts';
import { demandFor, provenance, signerFor } from './cosign/own-side.ts';
import { askCosign, runCosign, signFlags, verifyFlags } from './cosign/run-cosign.ts';
import { markForCosign, packIn } from './cosign/spot.ts';
import { cosignTree, signAs, signatureBy } from './cosign/together.ts';
import { startWorld, writeInto, type World } from './cosign/world.ts';
import { describeWithPeers } from './peers.ts';

describeWithPeers('where packwright and cosign differ', { concurrent: true, timeout: 120_000 }, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  it('cosign takes an attestation for a signature, and we do not', async () => {
    const cell = signatureBy('packwright', 'key', 'none');
    const spot = await packIn(world, 'olareg', 'attested', 'attested and not signed');
    const attestation = { predicateType: 'slsaprovenance1', predicate: provenance };
    await world.service.attest(spot.location, attestation, await signerFor(world, cell));
    await runCosign(['verify', ...verifyFlags(world, cell), spot.target], world.folder);
    const own = demandFor(world, cell);
    await expect(world.service.verify(spot.location, own)).rejects.toMatchObject({ code: 'ERR_PREDICATE_MISMATCH' });
  });

  it('cosign looks into no layout that does not say which entry is the image: neither ours nor that of oras', async () => {
    const cell: Cell = { ...signatureBy('packwright', 'key', 'none'), place: 'layout' };
    const spot = await packIn(world, 'layout', 'unmarked', 'unmarked');
    await signAs(world, cell, spot);
    const copy = join(world.folderFor('layouts'), 'of-oras');
    const flags = ['--recursive', '--from-oci-layout', '--to-oci-layout'];
    await run(programPath('oras'), ['cp', ...flags, `${spot.target}:v1`, `${copy}:v1`], {
      env: { HOME: world.folder },
    });
    const verify = (target: string): Promise<string> =>
      runCosign(['verify', '--local-image', ...verifyFlags(world, cell), target], world.folder);
    for (const target of [spot.target, copy]) {
      await expect(verify(target)).rejects.toThrow('must verify either an image index or image');
    }
    for (const target of [spot.target, copy]) {
      markForCosign({ ...spot, target });
      await verify(target);
    }
  });

  it('cosign refuses the timestamp of an older attestation, its own as well as ours', async () => {
    for (const from of ['cosign', 'packwright'] as const) {
      const cell: Cell = { ...signatureBy(from, 'key', 'timestamp'), content: 'attestation', format: 'legacy' };
      const spot = await packIn(world, 'olareg', `stamped-${from}`, from);
      const predicate = writeInto(world.folder, `${from}.json`, JSON.stringify(provenance));
      const stated = [`--predicate=${predicate}`, '--type=slsaprovenance1'];
      if (from === 'cosign')
        await runCosign(['attest', ...stated, ...signFlags(world, cell), spot.target], world.folder);
      else {
        const attestation = { predicateType: 'slsaprovenance1', predicate: provenance };
        await world.service.attest(spot.location, attestation, await signerFor(world, cell), { format: 'legacy' });
      }
      const verify = ['verify-attestation', '--type=slsaprovenance1', ...verifyFlags(world, cell)];
      await runCosign([...verify, spot.target], world.folder);
      const { said } = await askCosign([...verify, '--use-signed-timestamps', spot.target], world.folder);
      expect(said).toContain('unable to verify RFC3161 timestamp bundle');
      await world.service.verify(spot.location, demandFor(world, cell));
    }
  });

  it('we attach nothing in the older format that it cannot say: an entry of a log without a promise', async () => {
    const spot = await packIn(world, 'distribution 3', 'unsayable', 'unsayable');
    const signer = await signerFor(world, signatureBy('packwright', 'keyless', 'log'));
    const signing = world.service.sign(spot.location, signer, { format: 'legacy' });
    await expect(signing).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    expect(await cosignTree(world, spot)).toEqual([spot.subject.digest]);
  });

  it.each([
    ['PKIX_ECDSA_P256_SHA_256', []],
    ['PKIX_ECDSA_P384_SHA_384', ['--signature-digest-algorithm=sha384']],
    ['PKIX_ECDSA_P521_SHA_512', ['--signature-digest-algorithm=sha512']],
    ['PKIX_ED25519', []],
    ['PKIX_RSA_PKCS1V15_2048_SHA256', []],
    ['PKIX_RSA_PSS_2048_SHA256', undefined],
  ] as const)('cosign verifies what a key of %s signed with the flags %j', async (algorithm, needed) => {
    const key = await generateSigningKey({ algorithm });
    const file = writeInto(world.folder, `${algorithm}.pub`, await exportPublicKeyPem(key));
    const spot = await packIn(world, 'olareg', algorithm.toLowerCase(), algorithm);
    await world.service.sign(spot.location, keySigner({ key }));
    const verify = async (...flags: readonly string[]): Promise<boolean> => {
      const args = ['verify', `--key=${file}`, '--insecure-ignore-tlog=true', ...flags, spot.target];
      return (await askCosign(args, world.folder)).accepted;
    };
    expect(await verify()).toBe(needed?.length === 0);
    if (needed !== undefined && needed.length > 0) expect(await verify(...needed)).toBe(true);
  });

  it.each([
    ['PKIX_ED25519', 'ERR_UNSUPPORTED'],
    ['PKIX_RSA_PSS_2048_SHA256', 'ERR_LOG_ENTRY'],
  ] as const)('a log of Rekor v2 takes nothing that a key of %s signed', async (algorithm, code) => {
    const { trust } = world;
    const key = await generateSigningKey({ algorithm });
    const witness = sigstoreWitness({ signingConfig: world.signingConfig('log').config, trust });
    const spot = await packIn(world, 'olareg', `unlogged-${algorithm.toLowerCase()}`, algorithm);
    const signing = world.service.sign(spot.location, keySigner({ key, trust, witness }));
    await expect(signing).rejects.toMatchObject({ code });
    expect(await cosignTree(world, spot)).toEqual([spot.subject.digest]);
  });
});
