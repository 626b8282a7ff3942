import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage } from '../../examples/verifier-page/build.ts';
import { root } from '../meta/source-tree.ts';
import type { BrowserName } from '../runtimes/browsers.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { vectors as vectorsAt } from '../vectors.ts';
import { openForPerson, type Person } from './verifier-page.ts';

const { path: vectors, skipped } = vectorsAt('sigstore-conformance', 'the verifier page');

const runtimes = runtimesIn(process.env['PACKWRIGHT_RUNTIMES'] ?? root);
const folder = await mkdtemp(join(tmpdir(), 'packwright-page-'));
afterAll(() => rm(folder, { recursive: true, force: true }));
const page = join(folder, 'verify.html');
const html = await buildPage();
await writeFile(page, html);
const address = pathToFileURL(page).href;

const artifact = join(vectors, 'a.txt');
const bundleOf = (name: string): string => join(vectors, 'bundle-verify', name, 'bundle.sigstore.json');
const identity =
  'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main';
const issuer = 'https://token.actions.githubusercontent.com';
const digest = 'sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf';

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

interface MessageBundle {
  readonly messageSignature: { signature: string };
}

/** A good bundle with one thing changed. */
async function changed(name: string, change: (bundle: MessageBundle) => void): Promise<string> {
  const bundle = JSON.parse(await readFile(bundleOf('happy-path-v0.3'), 'utf8')) as MessageBundle;
  change(bundle);
  return written(name, JSON.stringify(bundle));
}

describe('the page that is built', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';

  it('is one file with nothing to load, which allows its own script and style and nothing else', () => {
    expect(html).not.toMatch(/<(link|img|iframe|object|base)\b|<script [^>]*|<style [^>]*|\bimport\(/);
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]+='; style-src 'sha256-[\w+/]+='; connect-src /,
    );
    expect(policy).not.toMatch(/unsafe|http:\/\/\*[^.]|\bdata:|\bblob:/);
    expect(html).not.toMatch(/innerHTML|insertAdjacentHTML|document\.write/);
  });

  it('is small enough to keep, and the same each time', async () => {
    const size = gzipSync(html, { level: 9 }).length;
    const words = [Buffer.byteLength(html), size].map((bytes) => `${(bytes / 1024).toFixed(0)} kB`);
    console.log(`note: the verifier page has ${words.join(', gzipped ')}`);
    expect(size).toBeLessThan(200 * 1024);
    expect(await buildPage()).toBe(html);
  });
});

const browsers: readonly BrowserName[] = ['Chromium', 'Firefox'];

describe.skipIf(skipped).each(browsers)('somebody with %s', { timeout: 60_000 }, (browser) => {
  let person: Person;
  beforeAll(async () => {
    person = await openForPerson(browser, runtimes, address);
  });
  beforeEach(() => person.reload());
  afterEach(async () => {
    expect(await person.complaints()).toEqual([]);
  });
  afterAll(() => person.close());

  async function fills(bundle: string, name: string = identity): Promise<void> {
    await person.choose('File', artifact);
    await person.choose('Bundle', bundle);
    await person.type('Identity', name);
    await person.type('Issuer', issuer);
  }

  describe('and a file with its bundle', () => {
    it('is told that it is verified, who signed it, when, and which bytes that is about', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Verified/);
      expect(verdict).toContain(identity);
      const seen = await person.sees();
      expect(seen).toContain(digest);
      expect(seen).toMatch(/Signed at\s+\d+ \w+ \d{4}, \d\d:\d\d:\d\d UTC, proven by/);
      expect(seen).toContain(`Vouched for by\n${issuer}`);
    });

    it('hears the verdict first: it has the focus, and is announced', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.verifies();
      expect(await person.ask('document.activeElement.innerText')).toBe('Verified');
      expect(await person.ask("document.activeElement.closest('[role=status]') !== null")).toBe(true);
      expect(await person.hears('heading', 'Verified')).toBe(true);
      expect(await person.ask('document.title')).toMatch(/^Verified – /);
      await person.until("Math.abs(document.querySelector('#verdict').getBoundingClientRect().top) < 40");
    });

    it('sees every check with its outcome in words, its reason, and the section that it follows', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.verifies();
      const rows = (await person.ask(
        "[...document.querySelectorAll('.checks > li')].map((row) => row.innerText)",
      )) as readonly string[];
      expect(rows.length).toBeGreaterThan(6);
      for (const row of rows) expect(row).toMatch(/^(Passed|Not checked)\n+[A-Z][\w ]+\n+[A-Z].*\.\n+.*\w/);
      const details = "document.querySelector('.checks details')";
      await person.ask(`${details}.querySelector('summary').click()`);
      expect(await person.ask(`${details}.open && ${details}.innerText.split('\\n').length > 1`)).toBe(true);
    });

    it('is told who signed it where that is somebody else than was asked for', async () => {
      await fills(bundleOf('happy-path-v0.3'), 'mallory@example.org');
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('mallory@example.org');
      expect(verdict).toContain('Somebody else signed it');
      expect(verdict).toContain('ERR_IDENTITY_MISMATCH');
      expect(await person.sees()).toContain(identity);
    });

    it('is refused a part of the identity, unless it is called a pattern', async () => {
      const part = 'https://github\\.com/sigstore-conformance/.*';
      await fills(bundleOf('happy-path-v0.3'), part);
      expect(await person.verifies()).toMatch(/^Refused/);
      await person.click('The identity is a pattern');
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('is told which bundle has a signature that does not hold', async () => {
      const bad = await changed('bad-signature.sigstore.json', (bundle) => {
        const { messageSignature } = bundle;
        const { signature } = messageSignature;
        messageSignature.signature = `${signature.slice(0, 20)}${signature[20] === 'A' ? 'B' : 'A'}${signature.slice(21)}`;
      });
      await fills(bad);
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toMatch(/ERR_(SIGNATURE_INVALID|LOG_ENTRY_INVALID)/);
      expect(verdict).not.toMatch(/verification failed\W*$/i);
    });

    it('is told that a bundle cannot be read', async () => {
      const text = await readFile(bundleOf('happy-path-v0.3'), 'utf8');
      await fills(await written('cut.sigstore.json', text.slice(0, 900)));
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused\n/);
      expect(verdict).toContain('damaged');
      expect(verdict).toMatch(/ERR_(BUNDLE|JSON)_INVALID/);
    });

    it('is told that the bundle is about another file', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.choose('File', await written('other.txt', 'other\n'));
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('ERR_SUBJECT_MISMATCH');
      expect(verdict).toContain('about another artifact');
    });

    it('sees each bundle of a file with several, and one that does not count does no harm', async () => {
      const lines = await Promise.all(
        ['happy-path-v0.3', 'happy-path-v0.2'].map(async (name) =>
          JSON.stringify(JSON.parse(await readFile(bundleOf(name), 'utf8'))),
        ),
      );
      await fills(await written('several.sigstore.jsonl', [...lines, '{"mediaType":"none"}', ''].join('\n')));
      expect(await person.verifies()).toMatch(/^Verified/);
      const seen = await person.sees();
      for (const number of [1, 2, 3]) expect(seen).toContain(`Bundle ${number} of 3`);
      expect(seen).toContain('Does not count');
      expect(seen).toContain('several.sigstore.jsonl, line 3');
    });

    it('saves the report, as JSON that says the same', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.verifies();
      // A real download would leave a file behind, and take the focus of Firefox.
      await person.ask(`(() => {
        const create = URL.createObjectURL;
        URL.createObjectURL = (blob) => create((globalThis.saved = blob));
        HTMLAnchorElement.prototype.click = function () {
          globalThis.savedAs = this.download;
        };
      })()`);
      await person.click('Save the report');
      const [{ name, report }] = JSON.parse(String(await person.ask('saved.text()'))) as [
        { name: string; report: { verdict: string; artifact: string[] } },
      ];
      expect(await person.ask('savedAs')).toBe('verification-report.json');
      expect([name, report.verdict, report.artifact]).toEqual(['a.txt', 'passed', [digest]]);
    });

    it('may have only its digest', async () => {
      await person.choose('Bundle', bundleOf('happy-path-v0.3'));
      await person.click('I have only the digest');
      await person.type('Digest', digest);
      await person.type('Identity', identity);
      await person.type('Issuer', issuer);
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('may believe a trusted root of their own', async () => {
      const own = join(vectors, 'bundle-verify/rekor2-happy-path');
      await fills(join(own, 'bundle.sigstore.json'));
      expect(await person.verifies()).toMatch(/^Refused/);
      await person.click('My own trusted root');
      await person.choose('Trusted root', join(own, 'trusted_root.json'));
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('may demand a statement, which a signature alone is not', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.ask(`(() => {
        const select = document.querySelector('#statement');
        select.value = 'https://slsa.dev/provenance/v1';
        for (const name of ['input', 'change']) select.dispatchEvent(new Event(name, { bubbles: true }));
      })()`);
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused/);
      expect(verdict).toContain('ERR_PREDICATE_MISMATCH');
    });
  });

  describe('and a key', () => {
    const own = join(vectors, 'bundle-verify/managed-key-happy-path');

    async function fillsWithKey(): Promise<void> {
      await person.choose('File', artifact);
      await person.choose('Bundle', join(own, 'bundle.sigstore.json'));
      await person.click('A key');
    }

    it('pastes it', async () => {
      await fillsWithKey();
      const pem = await readFile(join(own, 'key.pub'), 'utf8');
      await person.ask(`document.querySelector('#key').value = ${JSON.stringify(pem)}`);
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Verified/);
      expect(verdict).toMatch(/the key sha256:[0-9a-f]{64}/);
    });

    it('chooses its file', async () => {
      await fillsWithKey();
      await person.choose('Public key from a file', join(own, 'key.pub'));
      expect(await person.verifies()).toMatch(/^Verified/);
    });

    it('is told that another key signed', async () => {
      await fillsWithKey();
      const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
        type: 'spki',
        format: 'pem',
      });
      await person.choose('Public key from a file', await written('other.pub', String(other)));
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Refused\n+\w+/);
      expect(verdict).toMatch(/ERR_(KEY_MISMATCH|SIGNATURE_INVALID)/);
    });

    it('is told in words that a text is no key', async () => {
      await fillsWithKey();
      await person.type('Public key', 'no key');
      await person.click('Verify');
      expect(await person.waitsFor('This cannot be used')).toContain('This cannot be used');
      expect(await person.ask('document.activeElement.id')).toBe('key');
    });
  });

  describe('and a policy', () => {
    const policy = { version: 1, signers: { anyOf: [{ identity, issuer }] } };

    it('need not say anything else', async () => {
      await person.choose('File', artifact);
      await person.choose('Bundle', bundleOf('happy-path-v0.3'));
      await person.click('As a policy says');
      await person.choose('Policy', await written('policy.json', JSON.stringify(policy)));
      expect(await person.verifies()).toMatch(/^Verified/);
      expect(await person.sees()).not.toContain('Unsafe options');
    });

    it('is told what a policy may not say', async () => {
      await person.choose('File', artifact);
      await person.choose('Bundle', bundleOf('happy-path-v0.3'));
      await person.click('As a policy says');
      await person.choose('Policy', await written('odd-policy.json', JSON.stringify({ ...policy, anything: 'goes' })));
      await person.click('Verify');
      expect(await person.waitsFor('This policy cannot be used')).toMatch(/cannot be used: .*anything/);
    });
  });

  describe('who leaves something out', () => {
    it('is told what, and is led to the first field of it', async () => {
      await person.click('Verify');
      const seen = await person.waitsFor('Choose the file that was signed.');
      expect(seen).toContain('Choose the bundle');
      expect(seen).toContain('Enter the identity');
      expect(seen).toContain('Enter the issuer');
      expect(await person.ask('document.activeElement.id')).toBe('artifact');
      expect(await person.ask("document.querySelector('#result').hidden")).toBe(true);
    });

    it('finds nothing weakened unless it was chosen, under a heading that says so', async () => {
      const boxes = "[...document.querySelectorAll('input[type=checkbox]')]";
      expect(await person.ask(`${boxes}.some((box) => box.checked)`)).toBe(false);
      expect(await person.sees()).not.toContain('Accept a signature that is in no transparency log');
      await person.click('Unsafe options');
      expect(await person.sees()).toMatch(
        /Unsafe: ask for less evidence[^]*Accept a signature that is in no transparency log/,
      );
    });
  });

  describe('who asks for less evidence', () => {
    it('reads so beside the verdict', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      await person.click('Unsafe options');
      await person.click('Accept a signature that is in no transparency log');
      const verdict = await person.verifies();
      expect(verdict).toMatch(/^Verified, on less evidence/);
      expect(verdict).toContain('no transparency log had to hold the signature');
    });
  });

  describe('who changes what is asked after the verdict', () => {
    it('sees no verdict on what is not asked any more', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      expect(await person.verifies()).toMatch(/^Verified/);
      await person.type('Identity', 'mallory@example.org');
      expect(await person.sees()).not.toMatch(/Verified|Counts|Save the report/);
      expect(await person.verifies()).toMatch(/^Refused/);
      await person.choose('File', await written('changed.txt', 'changed\n'));
      expect(await person.sees()).not.toContain('Refused');
    });
  });

  describe('without a network', () => {
    it('is told the verdict by a page that asks nobody and may not be framed code', async () => {
      await fills(bundleOf('happy-path-v0.3'));
      expect(await person.verifies()).toMatch(/^Verified/);
      expect(await person.ask("performance.getEntriesByType('resource').length")).toBe(0);
      expect(
        await person.ask("document.querySelectorAll('script[src], link, img, iframe, script[type=module]').length"),
      ).toBe(0);
      const stopped = await person.ask("fetch('http://registry.example/').then(() => 'asked', () => 'stopped')");
      expect(stopped).toBe('stopped');
      // That was the policy of the page, which is to complain here and nowhere else.
      expect((await person.complaints()).join()).toContain('connect-src http://registry.example');
      await person.forgive();
    });
  });

  describe('and a large file', () => {
    it('may cancel while it is read, and nothing is decided', async () => {
      const large = await written('large.bin', '');
      await truncate(large, 1024 ** 3);
      await fills(bundleOf('happy-path-v0.3'));
      await person.choose('File', large);
      await person.click('Verify');
      const seen = await person.waitsFor('of 1.1 GB');
      expect(seen).toMatch(/Reading large.bin: [\d.]+ (bytes|[kMG]B) of 1.1 GB/);
      await person.click('Cancel');
      expect(await person.waitsFor('Cancelled')).toContain('Nothing was decided');
      await person.choose('File', artifact);
      expect(await person.verifies()).toMatch(/^Verified/);
    });
  });

  describe('who changes what is asked while it is read', () => {
    it('is not torn from the field, and gets no verdict on the former question', async () => {
      const large = await written('larger.bin', '');
      await truncate(large, 1024 ** 3);
      await fills(bundleOf('happy-path-v0.3'));
      await person.choose('File', large);
      await person.click('Verify');
      await person.waitsFor('of 1.1 GB');
      await person.type('Identity', 'mallory@example.org');
      await person.until("document.querySelector('#running').hidden");
      expect(await person.ask('document.activeElement.id')).toBe('identity');
      expect(await person.sees()).not.toMatch(/Cancelled|Refused|Verified/);
    });
  });

  describe('with the keyboard alone', () => {
    it('reaches everything in the order that it is seen in, and gets the verdict', async () => {
      await person.choose('File', artifact);
      await person.choose('Bundle', bundleOf('happy-path-v0.3'));
      await person.ask("document.querySelector('input[name=subject]').focus()");
      await person.press('Tab', 'Tab', 'Tab', 'Tab');
      expect(await person.ask('document.activeElement.value')).toBe('identity');
      await person.press('Tab');
      await person.write(identity);
      await person.press('Tab', 'Tab');
      await person.write(issuer);
      await person.press('Enter');
      expect(await person.waitsFor('Verified')).toContain(identity);
      expect(await person.ask('document.activeElement.innerText')).toBe('Verified');
      await person.press('Tab', 'Enter');
      await person.until('document.activeElement.parentElement.open === true');
    });

    it('changes what is chosen with the arrows', async () => {
      await person.ask("document.querySelector('input[name=subject]').focus()");
      await person.press('ArrowDown', 'ArrowDown');
      expect(await person.sees()).toContain('The registry has to let web pages read');
      await person.press('Tab');
      expect(await person.ask('document.activeElement.id')).toBe('reference');
    });
  });
});
