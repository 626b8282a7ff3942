import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackErrorJson } from '../../src/errors.ts';
import { emptyFolder, run } from './run-command.ts';
import { serveRegistry } from './serve-registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'packwright-trust-'));
const ca = join(folder, 'ca.pem');
const openssl = (...argv: readonly string[]): void =>
  void execFileSync('openssl', argv, { cwd: folder, stdio: 'ignore' });
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

beforeAll(() => {
  openssl('req', '-x509', ...curve, '-keyout', 'ca.key', '-out', ca, '-days', '2', '-subj', '/CN=authority');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A certificate of the authority for these names, good for so many days. */
function certificate(names: string, days: string): { readonly cert: string; readonly key: string } {
  const request = ['-subj', '/CN=registry', '-addext', `subjectAltName=${names}`];
  openssl('req', '-new', ...curve, '-keyout', 'key.pem', '-out', 'request.pem', ...request);
  const by = ['-CA', ca, '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copyall', '-days', days];
  openssl('x509', '-req', '-in', 'request.pem', ...by, '-out', 'cert.pem');
  return {
    cert: readFileSync(join(folder, 'cert.pem'), 'utf8'),
    key: readFileSync(join(folder, 'key.pem'), 'utf8'),
  };
}

const own = 'DNS:localhost,IP:127.0.0.1';

describe('a certificate', () => {
  it.each([
    ['of an authority that nobody trusts', own, '2', [], /--ca-file/],
    ['for another name', 'DNS:other.example', '2', ['--ca-file', ca], /for another name/],
    ['that has expired', own, '-1', ['--ca-file', ca], /has expired/],
  ])('%s is refused at once', async (_what, names, days, flags, hint) => {
    const [cwd, { host, requests }] = [await emptyFolder(), await serveRegistry({ tls: certificate(names, days) })];
    for (const argv of [
      ['pull', `${host}/app:1`, 'oci:target:1'],
      ['unpack', `${host}/app:1`, '-o', 'target'],
      ['tags', `${host}/app`],
    ]) {
      const { code, stdout, stderr } = await run(cwd, [...argv, ...flags, '--json', '--quiet']);
      const { error } = JSON.parse(stderr) as { error: PackErrorJson };
      expect({ code, stdout }).toEqual({ code: 21, stdout: '' });
      expect(error).toMatchObject({ code: 'ERR_REGISTRY_NETWORK', retryable: false });
      expect(error.hint).toMatch(hint);
    }
    expect(readdirSync(cwd)).toEqual([]);
    expect(requests).toEqual([]);
  });
});
