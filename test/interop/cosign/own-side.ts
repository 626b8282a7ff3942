import { readFileSync } from 'node:fs';
import { isPackError } from 'packwright';
import { buildProvenance, predicateTypeOf } from 'packwright/attest';
import { importSigningKey, keySigner } from 'packwright/signer/key';
import { keylessSigner, sigstoreWitness } from 'packwright/signer/keyless';
import type { Signer } from '../../../src/ports/signer.ts';
import type { Policy } from '../../../src/verify/policy.ts';
import type { PolicyAndTrust } from '../../../src/pack/verification-input.ts';
import { someEntry, someLock } from '../../attest/some-lock.ts';
import type { Cell } from './cells.ts';
import { signingKeys, tokenFor, type Verdict } from './run-cosign.ts';
import { otherEmail, password, signerEmail, type World } from './world.ts';

/** Our signer for a cell. */
export async function signerFor(world: World, cell: Cell): Promise<Signer> {
  const { trust } = world;
  const services = { signingConfig: world.signingConfig(cell.log).config, trust };
  if (cell.kind === 'keyless') return keylessSigner({ ...services, identityToken: await tokenFor(world, cell.kind) });
  const { own } = signingKeys(world, cell.from);
  const key = await importSigningKey(readFileSync(own.privateFile), { password });
  return cell.log === 'none' ? keySigner({ key }) : keySigner({ key, trust, witness: sigstoreWitness(services) });
}

/** What we demand of what cosign signed: everything that the cell says is there. */
export function demandFor(world: World, cell: Cell, who: 'signer' | 'other' = 'signer'): PolicyAndTrust {
  const { own, other } = signingKeys(world, cell.from);
  const signer =
    cell.kind === 'key'
      ? { key: (who === 'signer' ? own : other).publicPem }
      : { identity: who === 'signer' ? signerEmail : otherEmail, issuer: world.sigstore.issuers.email };
  const stated = cell.content === 'attestation' || cell.content === 'blob attestation';
  const policy: Policy = {
    version: 1,
    demand: demands[cell.kind][cell.log],
    signers: { anyOf: [signer] },
    predicates: stated ? [provenanceRule] : undefined,
  };
  return { policy, trust: world.trust };
}

const demands: Readonly<Record<Cell['kind'], Readonly<Record<Cell['log'], Policy['demand']>>>> = {
  key: { log: { log: 1, timestamp: 1 }, timestamp: { timestamp: 1 }, none: undefined },
  keyless: { log: { log: 1, timestamp: 1 }, timestamp: { timestamp: 1, unsafeNoLog: true }, none: undefined },
};

const builderId = 'https://builder.example/workflows/release@v1';
const buildType = 'https://builder.example/types/npm/v1';

/** As slsa-verifier asks: whose builder, how it was built, and no parameter that nobody knows. */
const provenanceRule = {
  type: predicateTypeOf('slsaprovenance1'),
  builder: builderId,
  buildType,
  externalParameters: ['workflow'],
};

/** SLSA provenance of version 1, built from a lock. */
export const provenance: object = buildProvenance({
  lock: someLock([someEntry('left-pad'), someEntry('right-pad')]),
  builder: { id: builderId },
  buildType,
  externalParameters: { workflow: { path: 'release.yml', ref: 'refs/tags/v1.0.0' } },
}).predicate;

/** Whether something of ours passed, and with what code it was refused. */
export async function verdictOf(verification: Promise<unknown>): Promise<Verdict> {
  try {
    await verification;
    return { accepted: true, said: '' };
  } catch (error) {
    if (isPackError(error)) return { accepted: false, said: `${error.code}: ${error.message}` };
    throw error;
  }
}
