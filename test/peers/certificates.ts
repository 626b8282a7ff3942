import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key with the certificate for it, as files in PEM. */
export interface KeyPair {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** A certificate authority that nobody knows, and a certificate that it gave to the loopback. */
export interface PrivateAuthority extends KeyPair {
  /** The certificate to trust, in PEM; `caFile` holds the same. */
  readonly ca: string;
  readonly caFile: string;
  /** A folder with nothing but `ca.crt`, as skopeo wants it. */
  readonly caFolder: string;
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
const rsa = ['-newkey', 'rsa:2048'];
const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });

/** Makes an authority with a certificate for 127.0.0.1 and localhost. */
export function makeAuthority(folder: string): PrivateAuthority {
  const at = (name: string): string => join(folder, name);
  mkdirSync(at('trusted'), { recursive: true });
  const caFile = at('trusted/ca.crt');
  const request = ['req', '-nodes', '-subj', '/CN=a test authority', '-days', '2', ...elliptic];
  openssl(...request, '-x509', '-keyout', at('ca.key'), '-out', caFile);
  openssl('req', '-nodes', '-subj', '/CN=127.0.0.1', ...elliptic, '-keyout', at('tls.key'), '-out', at('tls.csr'));
  writeFileSync(at('tls.ext'), 'subjectAltName = IP:127.0.0.1, DNS:localhost\n');
  const issuer = ['-CA', caFile, '-CAkey', at('ca.key'), '-CAcreateserial', '-CAserial', at('ca.srl')];
  openssl(
    'x509',
    '-req',
    '-in',
    at('tls.csr'),
    ...issuer,
    '-days',
    '2',
    '-extfile',
    at('tls.ext'),
    '-out',
    at('tls.crt'),
  );
  return {
    keyFile: at('tls.key'),
    certificateFile: at('tls.crt'),
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    caFolder: at('trusted'),
  };
}

/** Makes a key that signs tokens, with a certificate of its own. */
export function makeSigningKey(folder: string, kind: 'RSA' | 'EC'): KeyPair {
  mkdirSync(folder, { recursive: true });
  const [keyFile, certificateFile] = [join(folder, 'token.key'), join(folder, 'token.crt')];
  const request = ['req', '-nodes', '-subj', '/CN=tokens', '-days', '2', ...(kind === 'RSA' ? rsa : elliptic)];
  openssl(...request, '-x509', '-keyout', keyFile, '-out', certificateFile);
  return { keyFile, certificateFile };
}
