import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fsBlobStore, fsRecordStore } from '../../src/adapters/blob-store/fs.ts';
import { listen } from '../../src/adapters/node/http-listener.ts';
import { registryServer, tokenAuth } from '../../src/adapters/registry/server.ts';
import { tokenMint, type TokenMint } from './access-token.ts';
import { makeAuthority, makeSigningKey, type PrivateAuthority } from './certificates.ts';
import { passwordKeeper, startGuard, tokenKeeper } from './guard.ts';
import { registryPrograms, type RegistryKind, type RegistryProgram, type RegistrySettings } from './registries.ts';
import { startServer } from './server-process.ts';
import { startTokenServer, type Account, type TokenServer } from './token-server.ts';

/** How a registry is reached: by anybody, with a password, with tokens, or over TLS with a password. */
export type Access = 'anonymous' | 'htpasswd' | 'token' | 'tls';

/** What a client needs to reach a registry. */
export interface RegistryAddress {
  /** As references name it. */
  readonly host: string;
  readonly account: Account | undefined;
  /** Present where it speaks TLS. */
  readonly authority: PrivateAuthority | undefined;
}

/** A registry that runs. */
export interface RunningRegistry extends RegistryAddress {
  readonly kind: RegistryKind;
  /** Present where it wants tokens. */
  readonly tokens: TokenServer | undefined;
  stop(): Promise<void>;
}

/** How a registry is started. */
export interface RunOptions {
  readonly access: Access;
  /** How long a token is good for; 300 seconds by default. */
  readonly tokenSeconds?: number | undefined;
  readonly onDisk?: boolean | undefined;
}

const account: Account = { username: 'ada', password: 'correct: horse/battery+staple' };

/** Starts a registry. What it cannot do by itself, a guard in front of it does. */
export async function runRegistry(kind: RegistryKind, folder: string, options: RunOptions): Promise<RunningRegistry> {
  mkdirSync(folder, { recursive: true });
  const base = new Base(kind, folder, options.onDisk);
  try {
    return await starters[options.access](base, options);
  } catch (error) {
    await base.stop();
    throw error;
  }
}

/** A registry that is being started, with everything that has to end when it ends. */
class Base {
  readonly kind: RegistryKind;
  readonly folder: string;
  readonly #onDisk: boolean | undefined;
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(kind: RegistryKind, folder: string, onDisk: boolean | undefined) {
    this.kind = kind;
    this.folder = folder;
    this.#onDisk = onDisk;
  }

  get program(): RegistryProgram {
    return registryPrograms[this.kind];
  }

  tied<T extends { stop(): Promise<void> }>(part: T): T {
    this.#stops.push(() => part.stop());
    return part;
  }

  async start(settings: Omit<RegistrySettings, 'folder'> = {}, authority?: PrivateAuthority): Promise<string> {
    const all = { folder: this.folder, onDisk: this.#onDisk, tls: authority, ...settings };
    const reached = { https: authority !== undefined, ca: authority?.ca };
    return this.tied(await startServer((port) => this.program.command(port, all), reached)).host;
  }

  running(host: string, parts: Partial<RunningRegistry> = {}): RunningRegistry {
    const rest = { account: undefined, authority: undefined, tokens: undefined, ...parts };
    return { kind: this.kind, host, ...rest, stop: () => this.stop() };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

const starters: Readonly<Record<Access, (base: Base, options: RunOptions) => Promise<RunningRegistry>>> = {
  anonymous: async (base) => base.running(await base.start()),
  htpasswd: (base) => startWithPassword(base, undefined),
  tls: (base) => startWithPassword(base, makeAuthority(join(base.folder, 'tls'))),
  token: startWithTokens,
};

async function startWithPassword(base: Base, authority: PrivateAuthority | undefined): Promise<RunningRegistry> {
  const { htpasswd, tls } = base.program;
  if (htpasswd && (authority === undefined || tls)) {
    const host = await base.start({ htpasswd: writePasswords(base.folder) }, authority);
    return base.running(host, { account, authority });
  }
  const keeper = passwordKeeper(account.username, account.password);
  const guard = base.tied(await startGuard(await base.start(), keeper, { tls: authority }));
  return base.running(guard.host, { account, authority });
}

async function startWithTokens(base: Base, { tokenSeconds: seconds }: RunOptions): Promise<RunningRegistry> {
  const key = makeSigningKey(join(base.folder, 'tokens'), base.kind === 'distribution 2' ? 'RSA' : 'EC');
  const mint = tokenMint(key, 'the token server', 'the registry');
  const tokens = base.tied(await startTokenServer({ mint, accounts: [account], seconds }));
  // Distribution grants a minute more than a token says: with short ones the guard is asked.
  if (base.program.token && seconds === undefined) {
    const { issuer, service } = mint;
    const token = { realm: tokens.realm, issuer, service, certificateFile: key.certificateFile };
    return base.running(await base.start({ token }), { account, tokens });
  }
  if (base.kind === 'packwright') {
    const server = base.tied(await startOwnWithTokens(join(base.folder, 'state'), mint, tokens.realm));
    return base.running(server.host, { account, tokens });
  }
  const guard = base.tied(await startGuard(await base.start(), tokenKeeper(mint, tokens.realm), {}));
  return base.running(guard.host, { account, tokens });
}

/** Our server, which asks for tokens by itself. */
async function startOwnWithTokens(
  directory: string,
  mint: TokenMint,
  realm: string,
): Promise<{ readonly host: string; stop(): Promise<void> }> {
  const auth = tokenAuth({ realm, service: mint.service, verify: (token) => mint.accessOf(token) });
  const stores = { blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }) };
  const { url, close } = await listen(registryServer({ ...stores, auth }), { grace: 0 });
  return { host: url.host, stop: close };
}

function writePasswords(folder: string): string {
  const path = join(folder, 'htpasswd');
  // On a cost of 5 nothing is lost here, and every request is checked.
  const input = account.password;
  writeFileSync(path, execFileSync('htpasswd', ['-niB', '-C', '5', account.username], { input }));
  return path;
}
