#!/usr/bin/env node
/**
 * The command that the Sigstore conformance suite drives, over the built package, for Node, Deno and Bun.
 *
 *     sigstore.mjs verify-bundle --bundle FILE --certificate-identity IDENTITY --certificate-oidc-issuer URL
 *                                [--trusted-root FILE] FILE|sha256:DIGEST
 *     sigstore.mjs verify-bundle --bundle FILE --key FILE [--trusted-root FILE] FILE|sha256:DIGEST
 *
 * Exit code 0 where the bundle is verified, 1 for everything else, with the reason on stderr.
 *
 * @see https://github.com/sigstore/sigstore-conformance/blob/main/docs/cli_protocol.md
 */
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import verifyBundle from './sigstore.browser.mjs';

const text = { type: 'string' };
const options = {
  bundle: text,
  key: text,
  'certificate-identity': text,
  'certificate-oidc-issuer': text,
  'trusted-root': text,
  staging: { type: 'boolean' },
};

async function run([verb, ...args]) {
  if (verb !== 'verify-bundle') throw new Error(`${JSON.stringify(verb ?? '')} is not verify-bundle`);
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const { bundle, key, staging } = values;
  const trustedRoot = values['trusted-root'];
  if (bundle === undefined || positionals.length !== 1) throw new Error('expected --bundle and one artifact');
  if (staging && trustedRoot === undefined) {
    throw new Error('the trusted root of the staging instance is not embedded: give it with --trusted-root');
  }
  await verifyBundle({
    bundle: readFileSync(bundle, 'utf8'),
    trustedRoot: trustedRoot && readFileSync(trustedRoot, 'utf8'),
    identity: values['certificate-identity'],
    issuer: values['certificate-oidc-issuer'],
    keyPem: key && readFileSync(key, 'utf8'),
    ...contentOf(positionals[0]),
  });
}

/** What looks like a digest and is a file is the file. */
function contentOf(name) {
  const [, digestHex] = /^sha256:([0-9a-f]{64})$/i.exec(name) ?? [];
  if (digestHex !== undefined && !existsSync(name)) return { digestHex: digestHex.toLowerCase() };
  return { artifact: new Uint8Array(readFileSync(name)) };
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  console.error(error?.code === undefined ? String(error) : `${error.code}: ${error.message}`);
  process.exitCode = 1;
}
