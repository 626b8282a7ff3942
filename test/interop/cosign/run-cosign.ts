import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programPath } from '../../peers/programs.ts';
import type { Cell, Kind } from './cells.ts';
import { otherEmail, password, signerEmail, type KeyFiles, type World } from './world.ts';

const execute = promisify(execFile);

/** What a program concluded. */
export interface Verdict {
  readonly accepted: boolean;
  /** Everything that it said. */
  readonly said: string;
}

/** Runs cosign where it may say no. */
export async function askCosign(args: readonly string[], folder: string, token = ''): Promise<Verdict> {
  const env = { ...process.env, COSIGN_PASSWORD: password, SIGSTORE_ID_TOKEN: token, HOME: folder };
  try {
    const { stdout, stderr } = await execute(programPath('cosign'), args, { cwd: folder, env, timeout: 60_000 });
    return { accepted: true, said: `${stdout}${stderr}` };
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return { accepted: false, said: `${stdout}${stderr}` || message };
  }
}

/** Runs cosign where it must not fail. */
export async function runCosign(args: readonly string[], folder: string, token = ''): Promise<string> {
  const { accepted, said } = await askCosign(args, folder, token);
  if (accepted) return said;
  throw new Error(`cosign ${args.join(' ')}\n${said}`);
}

/** The key that signs for a program is one that the other made. */
export function signingKeys({ keys }: World, from: Cell['from']): { readonly own: KeyFiles; readonly other: KeyFiles } {
  return from === 'cosign'
    ? { own: keys.packwright, other: keys.cosign }
    : { own: keys.cosign, other: keys.packwright };
}

/** The flags by which cosign signs. */
export function signFlags(world: World, cell: Cell): readonly string[] {
  const { sigstore } = world;
  const who = cell.kind === 'key' ? [`--key=${signingKeys(world, cell.from).own.privateFile}`] : [];
  const { file, config } = world.signingConfig(cell.log);
  const root = `--trusted-root=${sigstore.trustedRoot}`;
  if (cell.format === 'bundle') return ['-y', ...who, `--signing-config=${file}`, root];
  const [authority] = config.certificateAuthorities;
  const [stamps] = config.timestampAuthorities;
  return [
    ...['-y', ...who, '--new-bundle-format=false', '--use-signing-config=false', '--tlog-upload=false', root],
    ...(cell.kind === 'keyless' ? [`--fulcio-url=${authority?.url ?? ''}`] : []),
    ...(cell.log === 'timestamp' ? [`--timestamp-server-url=${stamps?.url ?? ''}`] : []),
  ];
}

/** The flags by which cosign verifies; `other` asks for somebody who did not sign. */
export function verifyFlags(world: World, cell: Cell, who: 'signer' | 'other' = 'signer'): readonly string[] {
  const { own, other } = signingKeys(world, cell.from);
  const key = who === 'signer' ? own : other;
  const signer: Readonly<Record<Kind, readonly string[]>> = {
    key: [`--key=${key.publicFile}`],
    keyless: [
      `--certificate-identity=${who === 'signer' ? signerEmail : otherEmail}`,
      `--certificate-oidc-issuer=${world.sigstore.issuers.email}`,
    ],
  };
  return [
    ...signer[cell.kind],
    `--trusted-root=${world.sigstore.trustedRoot}`,
    ...(cell.log === 'log' ? [] : ['--insecure-ignore-tlog=true']),
    ...(cell.log === 'none' || isUnreadTimestamp(cell) ? [] : ['--use-signed-timestamps=true']),
  ];
}

/**
 * cosign 3.1.3 stamps the signature of an older attestation, and looks for a stamp of the envelope: it refuses its own.
 * Unless it is asked to look, it takes certificates while they are good.
 */
const isUnreadTimestamp = ({ format, content }: Cell): boolean => format === 'legacy' && content === 'attestation';

/** A token of the person who signs, where a certificate is to be had. */
export const tokenFor = (world: World, kind: Kind): Promise<string> =>
  kind === 'key' ? Promise.resolve('') : world.sigstore.token({ email: signerEmail });
