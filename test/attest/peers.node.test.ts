import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Bundle as PeerBundle, TrustedRoot as PeerRoot } from '@sigstore/protobuf-specs';
import { describe, expect, it } from 'vitest';
import { formatBundle } from '../../src/attest/format-bundle.ts';
import { parseBundle } from '../../src/attest/parse-bundle.ts';
import { parseTrustRoot } from '../../src/attest/parse-trust-root.ts';
import { toHex } from '../../src/bytes/encoding.ts';
import { isPackError } from '../../src/errors.ts';
import { vectors } from '../vectors.ts';

const {
  path: folder,
  found,
  skipped,
} = vectors('sigstore-conformance/bundle-verify', 'the comparison with protobuf-specs');
const filesOf = (name: string): string[] =>
  found
    ? readdirSync(folder)
        .map((folderName) => `${folder}/${folderName}/${name}`)
        .filter((path) => existsSync(path))
    : [];
const labelOf = (path: string): string => path.split('/').at(-2) ?? '';

/** What the reader of protobuf-specs sees. No timestamps are written as an empty list, and by some not at all. */
function seen(text: string): unknown {
  const bundle = PeerBundle.fromJSON(JSON.parse(text));
  const { verificationMaterial: material } = bundle;
  if (material !== undefined) material.timestampVerificationData ??= { rfc3161Timestamps: [] };
  return PeerBundle.toJSON(bundle);
}

function readable(path: string): boolean {
  try {
    parseBundle(readFileSync(path));
    return true;
  } catch (error) {
    if (!isPackError(error)) throw error;
    return false;
  }
}

describe('the reader of protobuf-specs', () => {
  it.skipIf(skipped)('is asked about bundles and roots', () => {
    expect(filesOf('bundle.sigstore.json').filter(readable).length).toBeGreaterThan(50);
    expect(filesOf('trusted_root.json').length).toBeGreaterThan(30);
  });

  it.each(
    filesOf('bundle.sigstore.json')
      .filter(readable)
      .map((path) => [labelOf(path), path]),
  )('sees in what we write of %s what it sees in the original', (_name, path) => {
    const original = readFileSync(path, 'utf8');
    const written = new TextDecoder().decode(formatBundle(parseBundle(original)));
    expect(seen(written)).toEqual(seen(original));
  });

  it.each(filesOf('trusted_root.json').map((path) => [labelOf(path), path]))(
    'sees the same keys in the root of %s',
    (_name, path) => {
      const text = readFileSync(path, 'utf8');
      const [root, peer] = [parseTrustRoot(text), PeerRoot.fromJSON(JSON.parse(text))];
      expect(
        root.logs.map(({ logId, publicKey }) => [toHex(logId), toHex(publicKey.bytes), publicKey.validFor.start]),
      ).toEqual(
        peer.tlogs.map(({ logId, publicKey }) => [
          logId?.keyId.toString('hex'),
          publicKey?.rawBytes?.toString('hex'),
          publicKey?.validFor?.start?.getTime(),
        ]),
      );
      expect(
        root.timestampAuthorities.map(({ certificates, validFor }) => [certificates.map(toHex), validFor.end]),
      ).toEqual(
        peer.timestampAuthorities.map(({ certChain, validFor }) => [
          certChain?.certificates.map(({ rawBytes }) => rawBytes.toString('hex')),
          validFor?.end?.getTime(),
        ]),
      );
    },
  );
});
