import type { TufClientOptions, TufMirror } from '../../../src/adapters/trust/tuf.ts';
import { canonicalMetadata } from '../../../src/adapters/trust/tuf/canonical.ts';
import { memoryRecordStore } from '../../../src/adapters/memory/memory-record-store.ts';
import { fromBase64, fromHex, toHex, utf8 } from '../../../src/bytes/encoding.ts';
import type { JsonValue } from '../../../src/bytes/json.ts';
import { concatBytes } from '../../../src/bytes/stream.ts';
import { digestOf, hexOf, type DigestAlgorithm } from '../../../src/digest/digest.ts';

/** When every test is. */
export const testTime: number = Date.parse('2030-01-01T00:00:00Z');

/** A key with what metadata says of it. */
export interface TestKey {
  readonly id: string;
  readonly listed: { keytype: string; scheme: string; keyval: Record<string, JsonValue> };
  readonly sign: (message: Uint8Array<ArrayBuffer>) => Promise<string>;
}

let keys = 0;

/** A new key, the same in every run. Its id is a name, as GitHub's are, and not its hash. */
export async function ed25519Key(): Promise<TestKey> {
  const number = ++keys;
  const seed = utf8(String(number).padStart(32, '-'));
  const pkcs8 = concatBytes([fromHex('302e020100300506032b657004220420') as Uint8Array, seed]);
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
  const { x = '' } = await crypto.subtle.exportKey('jwk', key);
  const raw = fromBase64(`${x.replaceAll('-', '+').replaceAll('_', '/')}=`) as Uint8Array;
  return {
    id: `key-${number}`,
    listed: { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: toHex(raw) } },
    sign: async (message) => toHex(new Uint8Array(await crypto.subtle.sign('Ed25519', key, message))),
  };
}

/** Who signs a role, and what the one that names them says. */
export interface TestHolders {
  keys: TestKey[];
  threshold: number;
  /** Those that really sign; the keys where it is left out. */
  signers?: TestKey[];
}

/** The signed part of some metadata, to be changed at will. */
export type TestSigned = Record<string, unknown>;

/** A signature as documents hold it. */
export interface TestSignature {
  keyid: string;
  sig: string;
}

/** A delegation, as a test says it. */
export interface TestDelegation {
  readonly paths?: readonly string[];
  readonly path_hash_prefixes?: readonly string[];
  readonly terminating?: boolean;
  /** Keys of the role; those that it has already, or a new one, by default. */
  readonly keys?: TestKey[];
}

/** A repository in memory, with every version that was published of everything. */
export class TestRepository {
  readonly files: Map<string, Uint8Array> = new Map();
  readonly requests: string[] = [];
  readonly signed: Record<string, TestSigned> = Object.create(null) as Record<string, TestSigned>;
  readonly holders: Record<string, TestHolders> = Object.create(null) as Record<string, TestHolders>;
  /** Whether versions of metadata come with hashes and lengths. */
  hashes = false;
  /** Changes a document after it was signed. */
  alter: ((role: string, document: { signatures: TestSignature[]; signed: TestSigned }) => void) | undefined;

  static async create(options: { consistent?: boolean } = {}): Promise<TestRepository> {
    const repository = new TestRepository();
    for (const role of ['root', 'timestamp', 'snapshot', 'targets']) {
      repository.holders[role] = { keys: [await ed25519Key()], threshold: 1 };
      repository.signed[role] = newSigned(role);
    }
    const { root, snapshot, timestamp, targets } = repository.signed;
    Object.assign(root as TestSigned, { consistent_snapshot: options.consistent ?? true });
    Object.assign(targets as TestSigned, { targets: {} });
    Object.assign(snapshot as TestSigned, { meta: {} });
    Object.assign(timestamp as TestSigned, { meta: {} });
    await repository.publish('root', 'targets', 'snapshot', 'timestamp');
    return repository;
  }

  /** Publishes the next version of some roles, in the order given. */
  async publish(...roles: readonly string[]): Promise<void> {
    for (const role of roles) {
      const signed = this.part(role);
      signed.version = Number(signed.version) + 1;
      await this.write(role);
    }
  }

  /** Publishes everything that depends on targets. */
  async publishTargets(...roles: readonly string[]): Promise<void> {
    await this.publish(...roles, 'targets', 'snapshot', 'timestamp');
  }

  /** Signs a role as it is and puts it where it is looked for. */
  async write(role: string): Promise<void> {
    const signed = this.part(role);
    if (role === 'root') this.#listHolders(signed);
    const bytes = await this.document(role);
    const { version } = signed as { version: number };
    const name = encodeURIComponent(role);
    if (this.part('root').consistent_snapshot === true || role === 'root')
      this.files.set(`${version}.${name}.json`, bytes);
    if (this.part('root').consistent_snapshot !== true || role === 'timestamp') this.files.set(`${name}.json`, bytes);
    const facts = this.hashes ? { length: bytes.length, hashes: { sha256: hexOf(digestOf(bytes)) } } : {};
    if (role === 'snapshot') this.part('timestamp', 'meta')['snapshot.json'] = { version, ...facts };
    else if (role !== 'root' && role !== 'timestamp')
      this.part('snapshot', 'meta')[`${role}.json`] = { version, ...facts };
  }

  /** A role as it is, signed by those that sign it. */
  async document(role: string): Promise<Uint8Array> {
    const holders = this.holdersOf(role);
    const signed = this.part(role);
    const message = canonicalMetadata(signed as JsonValue);
    const signers = holders.signers ?? holders.keys;
    const signatures = await Promise.all(
      signers.map(async ({ id, sign }) => ({ keyid: id, sig: await sign(message) })),
    );
    const altered = structuredClone({ signatures, signed });
    this.alter?.(role, altered);
    return utf8(JSON.stringify(altered, undefined, 1));
  }

  /** Adds a target to a role, and its file to the mirror. */
  addTarget(role: string, name: string, content: string, algorithms: readonly DigestAlgorithm[] = ['sha256']): void {
    const bytes = utf8(content);
    const hashes = Object.fromEntries(algorithms.map((algorithm) => [algorithm, hexOf(digestOf(bytes, algorithm))]));
    this.part(role, 'targets')[name] = { length: bytes.length, hashes };
    const segments = name.split('/').map(encodeURIComponent);
    const last = segments.pop() ?? '';
    const prefixes =
      this.part('root').consistent_snapshot === true ? Object.values(hashes).map((hash) => `${hash}.`) : [''];
    for (const prefix of prefixes) this.files.set(['targets', ...segments, `${prefix}${last}`].join('/'), bytes);
  }

  /** Delegates to a role, which is made where there is none of its name. */
  async delegate(from: string, name: string, delegation: TestDelegation = { paths: ['*'] }): Promise<TestSigned> {
    this.holders[name] ??= { keys: delegation.keys ?? [await ed25519Key()], threshold: 1 };
    this.signed[name] ??= { ...newSigned('targets'), targets: {} };
    const parent = this.part(from);
    parent.delegations ??= { keys: {}, roles: [] };
    const { keys: given, ...rest } = delegation;
    const held = given ?? this.holdersOf(name).keys;
    for (const key of held) this.part(from, 'delegations', 'keys')[key.id] = key.listed;
    const role = { name, keyids: held.map(({ id }) => id), threshold: 1, terminating: false, ...rest };
    (this.part(from, 'delegations').roles as unknown[]).push(role);
    return role;
  }

  /** What a role says, or a member of it. */
  part(role: string, ...path: readonly string[]): TestSigned {
    return path.reduce((part, key) => part[key] as TestSigned, this.signed[role] as TestSigned);
  }

  holdersOf(role: string): TestHolders {
    return this.holders[role] as TestHolders;
  }

  /** The root of a version. */
  root(version = 1): Uint8Array {
    return this.files.get(`${version}.root.json`) as Uint8Array;
  }

  readonly mirror: TufMirror = (path) => {
    this.requests.push(path);
    return Promise.resolve(this.files.get(path));
  };

  /** What a client of the repository is made of. */
  options(changes: Partial<TufClientOptions> = {}): TufClientOptions {
    return { root: this.root(), metadata: this.mirror, store: memoryRecordStore(), now: () => testTime, ...changes };
  }

  #listHolders(root: TestSigned): void {
    const top = ['root', 'timestamp', 'snapshot', 'targets'].map((role) => [role, this.holdersOf(role)] as const);
    root.keys = Object.fromEntries(top.flatMap(([, { keys: held }]) => held.map(({ id, listed }) => [id, listed])));
    root.roles = Object.fromEntries(
      top.map(([role, { keys: held, threshold }]) => [role, { keyids: held.map(({ id }) => id), threshold }]),
    );
  }
}

function newSigned(type: string): TestSigned {
  return { _type: type, spec_version: '1.0.34', version: 0, expires: '2031-01-01T00:00:00Z' };
}
