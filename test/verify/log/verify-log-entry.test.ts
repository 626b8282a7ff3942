import { beforeAll, describe, expect, it } from 'vitest';
import type { BundleVersion, LogEntry } from '../../../src/attest/bundle.ts';
import type { TransparencyLog } from '../../../src/attest/trust-root.ts';
import { toHex } from '../../../src/bytes/encoding.ts';
import { createTestKey, type TestKey } from '../../../src/testing/sigstore/test-key.ts';
import type { SignedContent } from '../../../src/verify/signed-content.ts';
import { verifyLogEntry, verifyPromise, type LogFact } from '../../../src/verify/log/verify-log-entry.ts';
import { enter, entryTime, makeLog, signSomething, type TestLog } from './test-log.ts';

type Entered = Awaited<ReturnType<typeof enter>>;

const without = (entry: LogEntry, name: 'promise' | 'proof'): LogEntry => ({ ...entry, [name]: undefined });
const invalid = { code: 'ERR_LOG_ENTRY_INVALID' };
const unproven = { code: 'ERR_LOG_PROOF_INVALID' };

describe('entry of Rekor v1', () => {
  let log: TestLog;
  let signer: TestKey;
  let signed: SignedContent;
  let good: Entered;
  beforeAll(async () => {
    [log, signer] = [await makeLog(), await createTestKey()];
    signed = await signSomething('message', signer);
    good = await enter(log, signed, signer, { kind: 'hashedrekord', version: '0.0.1' });
  });

  function check(entry: LogEntry, version: BundleVersion = '0.3', logs?: readonly TransparencyLog[]): Promise<LogFact> {
    return verifyLogEntry(entry, { logs: logs ?? [log.trusted], version, signed, times: [] });
  }

  it('proves that the log holds it and when it was promised', async () => {
    expect(await check(good)).toEqual({
      ...{ operator: 'example', logIndex: '1234', kind: 'hashedrekord', version: '0.0.1' },
      ...{ logId: toHex(log.trusted.logId), time: entryTime, proof: true, promise: true },
    });
    expect(await verifyPromise(good, [log.trusted])).toEqual({ operator: 'example', time: entryTime });
  });

  it('proves no time without the promise, whatever it says', async () => {
    const fact = await check({ ...without(good, 'promise'), integratedTime: 1n });
    expect(fact).toMatchObject({ proof: true, promise: false, logIndex: '4' });
    expect(fact).not.toHaveProperty('time');
    expect(await verifyPromise(without(good, 'promise'), [log.trusted])).toBeUndefined();
  });

  it('needs the promise in a bundle of version 0.1, and nothing else', async () => {
    expect(await check(without(good, 'proof'), '0.1')).toMatchObject({ promise: true, proof: false });
    await expect(check(without(good, 'promise'), '0.1')).rejects.toMatchObject(invalid);
  });

  it.each(['0.2', '0.3'] as const)('needs the proof with its checkpoint in a bundle of version %s', async (version) => {
    await expect(check(without(good, 'proof'), version)).rejects.toMatchObject(unproven);
    for (const checkpoint of [undefined, '']) {
      await expect(check({ ...good, proof: { ...good.proof, checkpoint } }, version)).rejects.toMatchObject(unproven);
    }
    await expect(check({ ...good, promise: undefined, proof: undefined }, version)).rejects.toMatchObject(unproven);
  });

  it('counts a proof without a checkpoint for nothing, and refuses it where it is wrong', async () => {
    const bare = { ...good, proof: { ...good.proof, checkpoint: undefined } };
    expect(await check(bare, '0.1')).toMatchObject({ promise: true, proof: false });
    const proof = { ...bare.proof, rootHash: new Uint8Array(32) };
    await expect(check({ ...good, proof }, '0.1')).rejects.toMatchObject(unproven);
  });

  it('is of a log whose tree cannot be checked where the trust root says another hash, which is no wrong proof', async () => {
    expect(await check(good, '0.3', [{ ...log.trusted, hashAlgorithm: 'SHA2_256' }])).toMatchObject({ proof: true });
    for (const hashAlgorithm of ['SHA2_512', 'HASH_ALGORITHM_UNSPECIFIED']) {
      await expect(check(good, '0.3', [{ ...log.trusted, hashAlgorithm }])).rejects.toMatchObject({
        code: 'ERR_ALGORITHM_UNSUPPORTED',
      });
    }
  });

  it('is refused with a promise that does not hold, also where the proof does', async () => {
    for (const change of [
      { logIndex: 1235n },
      { integratedTime: good.integratedTime + 1n },
      { promise: signed.signature },
    ]) {
      await expect(check({ ...good, ...change })).rejects.toMatchObject(invalid);
      await expect(verifyPromise({ ...good, ...change }, [log.trusted])).rejects.toMatchObject(invalid);
    }
  });

  it.each([0n, -1n, 10n ** 15n])('is refused with a promise of the time %s', async (integratedTime) => {
    await expect(check({ ...good, integratedTime })).rejects.toMatchObject(invalid);
  });

  it('is refused with a proof that does not hold, also where the promise does', async () => {
    const { proof } = good;
    const hashes = proof.hashes.map((hash, index) => (index === 1 ? new Uint8Array(32) : hash));
    const changes = [
      ...[{ logIndex: proof.logIndex - 1n }, { logIndex: proof.treeSize }, { hashes }, { hashes: [] }],
      ...[{ hashes: [...proof.hashes, proof.rootHash] }, { treeSize: proof.treeSize + 1n }],
      ...[{ rootHash: new Uint8Array(32) }, { rootHash: new Uint8Array() }, { checkpoint: 'no note' }],
    ];
    for (const change of changes) {
      await expect(check({ ...good, proof: { ...proof, ...change } })).rejects.toMatchObject(unproven);
      await expect(check({ ...good, proof: { ...proof, ...change } }, '0.1')).rejects.toMatchObject(unproven);
    }
  });

  it('is refused with the checkpoint of another tree, of another log, and of nobody', async () => {
    const other = await enter(log, signed, signer, {
      ...{ kind: 'hashedrekord', version: '0.0.1' },
      editCheckpoint: (template) => ({ ...template, root: new Uint8Array(32) }),
    });
    await expect(check(other)).rejects.toMatchObject(unproven);
    const smaller = await enter(log, signed, signer, {
      ...{ kind: 'hashedrekord', version: '0.0.1' },
      editCheckpoint: (template) => ({ ...template, size: '5' }),
    });
    await expect(check(smaller)).rejects.toMatchObject(unproven);
    const elsewhere = await makeLog();
    const theirs = await enter(elsewhere, signed, signer, { kind: 'hashedrekord', version: '0.0.1' });
    await expect(check({ ...good, proof: theirs.proof })).rejects.toMatchObject(unproven);
  });

  it('is refused where somebody made a tree of that leaf alone', async () => {
    const self = { ...log, key: signer };
    const forged = await enter(self, signed, signer, { kind: 'hashedrekord', version: '0.0.1' });
    await expect(check(forged)).rejects.toMatchObject(invalid);
    await expect(check(without(forged, 'promise'))).rejects.toMatchObject(unproven);
  });

  it('is not trusted where nobody knows the log, whatever else is wrong with it', async () => {
    const untrusted = { code: 'ERR_LOG_UNTRUSTED' };
    await expect(check(good, '0.3', [])).rejects.toMatchObject(untrusted);
    await expect(check({ ...good, logId: new Uint8Array(32) })).rejects.toMatchObject(untrusted);
    await expect(check({ ...good, body: new Uint8Array(), kind: '' }, '0.3', [])).rejects.toMatchObject(untrusted);
    await expect(verifyPromise(good, [])).rejects.toMatchObject(untrusted);
  });

  it('is of the instance of a log whose key was good at the promised time, ends included', async () => {
    const at = (start?: number, end?: number): TransparencyLog => ({
      ...log.trusted,
      operator: String(start),
      publicKey: { ...log.trusted.publicKey, validFor: { start, end } },
    });
    const [before, now, after] = [at(0, entryTime - 1), at(entryTime, entryTime), at(entryTime + 1)];
    expect(await check(good, '0.3', [before, after, now])).toMatchObject({ operator: String(entryTime) });
    expect(await check(good, '0.3', [at(entryTime - 1)])).toMatchObject({ promise: true });
    await expect(check(good, '0.3', [before, after])).rejects.toMatchObject(invalid);
    await expect(check(good, '0.3', [at(undefined)])).rejects.toMatchObject(invalid);
  });

  it('is of the instance of a log whose key made the evidence', async () => {
    const stranger = await createTestKey();
    const publicKey = { ...log.trusted.publicKey, bytes: stranger.publicKey };
    const other = { ...log.trusted, operator: 'other', publicKey };
    expect(await check(good, '0.3', [other, log.trusted])).toMatchObject({ operator: 'example' });
    await expect(check(good, '0.3', [other])).rejects.toMatchObject(invalid);
  });
});

describe('entry of Rekor v2', () => {
  let log: TestLog;
  let signer: TestKey;
  let signed: SignedContent;
  let good: LogEntry;
  beforeAll(async () => {
    [log, signer] = [await makeLog('PKIX_ED25519'), await createTestKey()];
    signed = await signSomething('message', signer);
    good = without(await enter(log, signed, signer, { kind: 'hashedrekord', version: '0.0.2' }), 'promise');
  });

  function check(entry: LogEntry, times: readonly number[] = [], trusted = log.trusted): Promise<LogFact> {
    return verifyLogEntry(entry, { logs: [trusted], version: '0.3', signed, times });
  }

  it('proves that the log holds it, and no time', async () => {
    const fact = await check(good, [entryTime]);
    expect(fact).toMatchObject({ kind: 'hashedrekord', version: '0.0.2', proof: true, promise: false, logIndex: '4' });
    expect(fact).not.toHaveProperty('time');
  });

  it('needs the proof, also in a bundle of version 0.1', async () => {
    const options = { logs: [log.trusted], signed, times: [] };
    await verifyLogEntry(good, { ...options, version: '0.1' });
    await expect(verifyLogEntry(without(good, 'proof'), { ...options, version: '0.1' })).rejects.toMatchObject(
      unproven,
    );
  });

  it('is refused with a time or a promise, which Rekor v2 never gives', async () => {
    await expect(check({ ...good, integratedTime: BigInt(entryTime / 1000) })).rejects.toMatchObject(invalid);
    await expect(check({ ...good, promise: signed.signature })).rejects.toMatchObject(invalid);
  });

  it('needs the key of the log to have been good at every time that others proved', async () => {
    await check(good, [entryTime - 1000, entryTime + 1000]);
    await expect(check(good, [entryTime, entryTime + 1001])).rejects.toMatchObject(invalid);
    await expect(check(good, [entryTime - 1001])).rejects.toMatchObject(invalid);
    const validFor = { start: undefined, end: undefined };
    const endless = { ...log.trusted, publicKey: { ...log.trusted.publicKey, validFor } };
    await expect(check(good, [], endless)).rejects.toMatchObject(invalid);
  });
});
