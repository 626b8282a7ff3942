#!/usr/bin/env node
/**
 * The command that the TUF conformance suite drives, over the built package, for Node, Deno and Bun.
 *
 *     tuf.mjs --metadata-dir DIR init TRUSTED_ROOT
 *     tuf.mjs --metadata-dir DIR --metadata-url URL refresh
 *     tuf.mjs --metadata-dir DIR --metadata-url URL --target-name NAME --target-dir DIR --target-base-url URL download
 *
 * @see https://github.com/theupdateframework/tuf-conformance/blob/main/CLIENT-CLI.md
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { httpMirror, tufClient } from '../../dist/trust/tuf.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'metadata-dir': { type: 'string' },
    'metadata-url': { type: 'string' },
    'target-name': { type: 'string', multiple: true },
    'target-dir': { type: 'string' },
    'target-base-url': { type: 'string' },
  },
});

const verbs = {
  init([trustedRoot]) {
    replaceFile(metadataFile('root'), readFileSync(trustedRoot));
  },
  async refresh() {
    await client().refresh();
  },
  async download() {
    const tuf = client();
    for (const name of values['target-name'] ?? []) await downloadTarget(tuf, name);
  },
};

function client() {
  const retry = { attempts: 3 };
  const targets = values['target-base-url'];
  return tufClient({
    root: new Uint8Array(readFileSync(metadataFile('root'))),
    metadata: httpMirror(required('metadata-url'), { retry }),
    ...(targets === undefined ? {} : { targets: httpMirror(targets, { retry }) }),
    store: folderStore,
  });
}

async function downloadTarget(tuf, name) {
  const target = await tuf.find(name);
  if (target === undefined) throw new Error(`no role lists the target ${JSON.stringify(name)}`);
  const file = join(required('target-dir'), sha256(name));
  const isThere = existsSync(file) && isTarget(readFileSync(file), target);
  if (!isThere) replaceFile(file, (await tuf.target(name)).bytes);
}

function isTarget(bytes, { length, digests }) {
  const matches = (digest) => {
    const [algorithm, hex] = digest.split(':');
    return createHash(algorithm).update(bytes).digest('hex') === hex;
  };
  return bytes.length === length && digests.length > 0 && digests.every(matches);
}

/** The suite looks at what is trusted in files without versions; the root that is there is the one to begin with. */
const folderStore = {
  async get(key) {
    const file = fileOf(key);
    if (key.startsWith('tuf/root/') || !existsSync(file)) return undefined;
    const value = new Uint8Array(readFileSync(file));
    return { value, version: sha256(value) };
  },
  async put(key, value, { ifVersion }) {
    if (((await this.get(key))?.version ?? null) !== ifVersion) return 'conflict';
    replaceFile(fileOf(key), value);
    return { version: sha256(value) };
  },
  async delete(key) {
    rmSync(fileOf(key), { force: true });
    return true;
  },
};

function fileOf(key) {
  const [, kind, name] = key.split('/');
  return metadataFile(kind === 'roles' ? name : kind);
}

function metadataFile(name) {
  return join(required('metadata-dir'), `${name}.json`);
}

function replaceFile(file, bytes) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
}

function sha256(content) {
  return createHash('sha256').update(content).digest('hex');
}

function required(option) {
  if (values[option] === undefined) throw new Error(`--${option} is missing`);
  return values[option];
}

try {
  const [verb, ...rest] = positionals;
  if (!Object.hasOwn(verbs, verb)) throw new Error('expected init, refresh or download');
  await verbs[verb](rest);
} catch (error) {
  console.error(error.code === undefined ? String(error) : `${error.name} ${error.code}: ${error.message}`);
  process.exitCode = 1;
}
