import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './programs.ts';

/** A key with the certificates for it, as files in PEM. */
export interface KeyWithChain {
  readonly keyFile: string;
  /** Its certificate first, and the root last. */
  readonly chainFile: string;
}

/** A key as files in PEM. */
export interface KeyWithPublic {
  readonly keyFile: string;
  readonly publicFile: string;
  /** The private key in base64: DER, as the kind of key has it. */
  readonly base64: string;
}

/** What the services of a Sigstore sign with. */
export interface SigstoreKeys {
  readonly certificateAuthority: KeyWithChain;
  readonly timestampAuthority: KeyWithChain;
  readonly certificateLog: KeyWithPublic;
  readonly log: KeyWithPublic;
}

/** Fulcio wants the purpose of an authority named, a timestamp authority wants its own alone and critical (RFC 3161 2.3). */
const extensions = `
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[fulcio]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = codeSigning
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;

/** Makes the keys and certificates of a Sigstore that is good for two days. */
export async function makeSigstoreKeys(folder: string): Promise<SigstoreKeys> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'x509.cnf'), extensions);
  const root = ellipticKey(folder, 'root').keyFile;
  await certificate(folder, 'root', root);
  const withChain = async (name: string): Promise<KeyWithChain> => {
    const { keyFile } = ellipticKey(folder, name);
    await certificate(folder, name, keyFile, ['-CA', join(folder, 'root.crt'), '-CAkey', root]);
    const chainFile = join(folder, `${name}.chain.pem`);
    writeFileSync(chainFile, [name, 'root'].map((link) => readFileSync(join(folder, `${link}.crt`), 'utf8')).join(''));
    return { keyFile, chainFile };
  };
  const log = generateKeyPairSync('ed25519');
  return {
    certificateAuthority: await withChain('fulcio'),
    timestampAuthority: await withChain('tsa'),
    certificateLog: ellipticKey(folder, 'ct'),
    log: written(folder, 'rekor', log.privateKey, log.publicKey, 'pkcs8'),
  };
}

function ellipticKey(folder: string, name: string): KeyWithPublic {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return written(folder, name, privateKey, publicKey, 'sec1');
}

function written(
  folder: string,
  name: string,
  privateKey: KeyObject,
  publicKey: KeyObject,
  type: 'sec1' | 'pkcs8',
): KeyWithPublic {
  const [keyFile, publicFile] = [join(folder, `${name}.key`), join(folder, `${name}.pub`)];
  writeFileSync(keyFile, privateKey.export({ type, format: 'pem' }), { mode: 0o600 });
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  return { keyFile, publicFile, base64: privateKey.export({ type, format: 'der' }).toString('base64') };
}

async function certificate(
  folder: string,
  name: string,
  keyFile: string,
  issuer: readonly string[] = [],
): Promise<void> {
  const config = ['-config', join(folder, 'x509.cnf'), '-extensions', name];
  const subject = ['-key', keyFile, '-subj', `/O=private/CN=${name}`];
  const out = ['-days', '2', '-out', join(folder, `${name}.crt`)];
  await run('openssl', ['req', '-x509', '-new', '-sha256', ...config, ...subject, ...issuer, ...out]);
}
