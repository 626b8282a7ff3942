import { beforeAll, describe, expect, it } from 'vitest';
import type { TransparencyLog } from '../../../src/attest/trust-root.ts';
import { fromBase64, fromHex, toHex } from '../../../src/bytes/encoding.ts';
import {
  checkpointOf,
  noteKeyId,
  type CheckpointTemplate,
  type NoteSigner,
} from '../../../src/testing/sigstore/checkpoint.ts';
import { createTestKey, type TestKey } from '../../../src/testing/sigstore/test-key.ts';
import { checkpointKeyId, checkpointNames } from '../../../src/verify/log/checkpoint-key.ts';
import { parseCheckpoint } from '../../../src/verify/log/checkpoint.ts';
import { verifyCheckpoint } from '../../../src/verify/log/verify-checkpoint.ts';
import { checkpointTemplate, makeLog, type TestLog } from './test-log.ts';

async function check(template: CheckpointTemplate, log: TransparencyLog): Promise<void> {
  await verifyCheckpoint(parseCheckpoint(await checkpointOf(template)), log);
}

const refused = { code: 'ERR_LOG_PROOF_INVALID' };

describe('a checkpoint that its log signed', () => {
  let log: TestLog;
  let good: CheckpointTemplate;
  let own: NoteSigner;
  let stranger: TestKey;
  beforeAll(async () => {
    log = await makeLog('PKIX_ED25519');
    good = await checkpointTemplate(log);
    own = { name: log.name, key: log.key, keyId: log.trusted.logId };
    stranger = await createTestKey('PKIX_ED25519');
  });
  /** The log's own line, changed. */
  const line = (change: object): CheckpointTemplate => ({ ...good, signers: [{ ...own, ...change }] });

  it.each([
    'PKIX_ED25519',
    'PKIX_ECDSA_P256_SHA_256',
    'PKIX_ECDSA_P384_SHA_384',
    'PKIX_RSA_PKCS1V15_2048_SHA256',
  ] as const)('holds with %s, in the form of Rekor v2 and of v1', async (algorithm) => {
    const one = await makeLog(algorithm);
    await check(await checkpointTemplate(one), one.trusted);
    await check(await checkpointTemplate(one, ' - 1193050959916656506'), one.trusted);
  });

  it('names the key as C2SP signed-note does', async () => {
    const spki = fromHex('302a300506032b6570032100') ?? [];
    // The verifier key of the example there: example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
    const key = fromBase64('AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k')?.subarray(1) ?? [];
    const publicKey = { ...log.trusted.publicKey, bytes: Uint8Array.of(...spki, ...key) };
    const id = await checkpointKeyId({ ...log.trusted, publicKey }, 'example.com/foo', 'example.com/foo');
    expect(toHex(id)).toBe('530d903a');
  });

  it('takes the key id that the trust root says before any other', async () => {
    const keyId = Uint8Array.of(1, 2, 3, 4);
    await check(line({ keyId }), { ...log.trusted, checkpointKeyId: keyId });
    await expect(check(good, { ...log.trusted, checkpointKeyId: keyId })).rejects.toMatchObject(refused);
  });

  it('takes the key id of the log in a checkpoint of Rekor v1', async () => {
    const old = await checkpointTemplate(log, ' - 7');
    const logId = Uint8Array.from({ length: 32 }, (_, index) => index);
    const signers = good.signers.map((signer) => ({ ...signer, keyId: logId }));
    await check({ ...old, signers }, { ...log.trusted, logId });
    await expect(check({ ...good, signers }, { ...log.trusted, logId })).rejects.toMatchObject(refused);
  });

  it('of Rekor v1 is named by the host that it runs on, whatever its URL is', async () => {
    const name = 'rekor-server-7d9f-x2k4';
    const { logId } = log.trusted;
    const origin = `${name} - 6364419738405537866`;
    const tree = (change: object): CheckpointTemplate => ({
      ...good,
      origin,
      signers: [{ name, key: log.key, keyId: logId, ...change }],
    });
    await check(tree({}), log.trusted);
    await expect(check(tree({ name: log.name }), log.trusted)).rejects.toMatchObject(refused);
    await expect(check(tree({ keyId: Uint8Array.of(1, 2, 3, 4) }), log.trusted)).rejects.toMatchObject(refused);
    await expect(check(tree({ key: stranger }), log.trusted)).rejects.toMatchObject(refused);
  });

  it('may be named by host name, by host and port, and by host and path', async () => {
    expect(checkpointNames({ ...log.trusted, baseUrl: 'http://127.0.0.1:7705/' })).toContain('127.0.0.1');
    expect(checkpointNames({ ...log.trusted, baseUrl: 'http://127.0.0.1:7705/' })).toContain('127.0.0.1:7705');
    expect(checkpointNames({ ...log.trusted, baseUrl: 'https://logs.example/one/' })).toContain('logs.example/one');
    expect(checkpointNames({ ...log.trusted, baseUrl: 'rekor-local' })).toEqual(['rekor-local']);
    for (const name of ['logs.example', 'logs.example:8080', 'logs.example:8080/one']) {
      const keyId = await noteKeyId(name, log.key);
      const template = { ...good, origin: name, signers: [{ name, keyId, key: log.key }] };
      await check(template, { ...log.trusted, baseUrl: 'http://logs.example:8080/one' });
    }
  });

  it('may have signatures of witnesses and of keys that nobody knows, before and after', async () => {
    const witness = { name: 'witness.example', key: stranger, keyId: await noteKeyId('witness.example', stranger) };
    const next = { name: log.name, key: stranger, keyId: await noteKeyId(log.name, stranger) };
    const other = { name: 'other.example', key: stranger, keyId: log.trusted.logId };
    await check({ ...good, signers: [witness, next, other, own, witness] }, log.trusted);
    await check({ ...good, signers: [own, own], extensionLines: ['more'] }, log.trusted);
  });

  it('is refused where only others signed it', async () => {
    const witness = { name: 'witness.example', key: stranger, keyId: await noteKeyId('witness.example', stranger) };
    const next = { name: log.name, key: stranger, keyId: await noteKeyId(log.name, stranger) };
    await expect(check({ ...good, signers: [witness] }, log.trusted)).rejects.toMatchObject(refused);
    await expect(check({ ...good, signers: [next] }, log.trusted)).rejects.toMatchObject(refused);
  });

  it('is refused with another key id or name', async () => {
    await expect(check(line({ keyId: Uint8Array.of(0, 0, 0, 0) }), log.trusted)).rejects.toMatchObject(refused);
    await expect(check(line({ name: 'evil.example' }), log.trusted)).rejects.toMatchObject(refused);
    await expect(check(line({ name: 'og.example' }), log.trusted)).rejects.toMatchObject(refused);
  });

  it.each([
    'evil.example',
    'log.example.evil',
    'log.example - ',
    'log.example - x',
    'log.example - -1',
    'log.example ',
  ])('is refused with the origin %s', async (origin) => {
    await expect(check({ ...good, origin }, log.trusted)).rejects.toMatchObject(refused);
  });

  it('is refused where one of two lines of the log does not hold', async () => {
    const forged = { ...own, key: stranger };
    await expect(check({ ...good, signers: [forged] }, log.trusted)).rejects.toMatchObject(refused);
    await expect(check({ ...good, signers: [own, forged] }, log.trusted)).rejects.toMatchObject(refused);
    await expect(check({ ...good, signers: [forged, own] }, log.trusted)).rejects.toMatchObject(refused);
  });

  it('is refused with any other text than what was signed', async () => {
    const note = await checkpointOf(good);
    for (const changed of [note.replace('\n1\n', '\n2\n'), note.replace('\nAA', '\nAB')]) {
      expect(changed).not.toBe(note);
      await expect(verifyCheckpoint(parseCheckpoint(changed), log.trusted)).rejects.toMatchObject(refused);
    }
  });

  it('tells a key that is not supported from a signature that does not hold', async () => {
    const publicKey = { ...log.trusted.publicKey, details: 'LMS_SHA256' };
    const trusted = { ...log.trusted, publicKey };
    await expect(check(good, trusted)).rejects.toMatchObject({ code: 'ERR_ALGORITHM_UNSUPPORTED' });
  });
});
