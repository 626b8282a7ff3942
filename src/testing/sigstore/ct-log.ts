import { derOctetString } from '../../bytes/der-writer.ts';
import { oids } from './certificate-extensions.ts';
import { tbsOf, type CertificateTemplate } from './certificate-template.ts';
import type { Edits } from './edits.ts';
import { hashOf } from './hash-of.ts';
import { concatBytes } from '../../bytes/stream.ts';
import { bigEndian } from './big-endian.ts';
import type { TestKey } from './test-key.ts';

/** A signed certificate timestamp before it is signed (RFC 6962 section 3.2). */
export interface SctTemplate {
  readonly logId: Uint8Array;
  readonly key: TestKey;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly extensions: Uint8Array;
  /** What is signed but not written: the certificate without its timestamps, and the key that issues it. */
  readonly tbs: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
  /** The extensions as they are written, where they differ from those that are signed. */
  readonly writtenExtensions?: Uint8Array | undefined;
}

/** Adds the signed certificate timestamps of some logs to a certificate that is about to be issued. */
export async function withScts(
  template: CertificateTemplate,
  issuer: TestKey,
  logs: readonly TestKey[],
  options: { readonly timestamp: number; readonly extensions: Uint8Array; readonly edits: Edits },
): Promise<CertificateTemplate> {
  const tbs = tbsOf(template, issuer);
  const templates = await Promise.all(
    logs.map(async (key) => ({
      ...options,
      logId: await hashOf(key.publicKey),
      key,
      tbs,
      issuerPublicKey: issuer.publicKey,
    })),
  );
  const edited = options.edits.scts?.(templates) ?? templates;
  if (edited.length === 0) return template;
  const list = concatBytes([...(await Promise.all(edited.map(async (sct) => withLength(await sctOf(sct)))))]);
  const extension = { oid: oids.sct, value: derOctetString(withLength(list)) };
  return { ...template, extensions: [...template.extensions, extension] };
}

/** Numbers of hashes in TLS, where RSA is 1 and ECDSA 3 (RFC 5246 section 7.4.1.4.1). */
const tlsHashes = { sha256: 4, sha384: 5, sha512: 6 } as const;

/** A signed certificate timestamp as TLS writes it. */
async function sctOf(sct: SctTemplate): Promise<Uint8Array> {
  const time = bigEndian(sct.timestamp, 8);
  const signed = concatBytes([
    Uint8Array.of(0, 0),
    time,
    Uint8Array.of(0, 1),
    await hashOf(sct.issuerPublicKey),
    bigEndian(sct.tbs.length, 3),
    sct.tbs,
    withLength(sct.extensions),
  ]);
  const signature = await sct.key.sign(signed);
  const algorithm = Uint8Array.of(tlsHashes[sct.key.hash], sct.key.algorithm.includes('RSA') ? 1 : 3);
  const written = withLength(sct.writtenExtensions ?? sct.extensions);
  return concatBytes([Uint8Array.of(0), sct.logId, time, written, algorithm, withLength(signature)]);
}

/** An opaque vector of TLS, of up to 2^16 - 1 octets. */
function withLength(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes([bigEndian(bytes.length, 2), bytes]);
}
