import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutNames, withoutNetwork } from './confined.ts';
import { startCorsProxy } from './cors-proxy.ts';
import type { OidcIssuer } from './oidc-issuer.ts';
import { programPath } from './programs.ts';
import { freePort, startProgram, startServer, type Running, type ServerProcess } from './server-process.ts';
import type { SigstoreKeys } from './sigstore-keys.ts';

/** What all services are given, so that they ask nobody who is not on the loopback. */
const env = { OTEL_TRACES_EXPORTER: 'none', GRPC_ENABLE_TXT_SERVICE_CONFIG: 'false' };

/** A stand-in for a log of certificates: it promises to publish them, and keeps none. */
export function startCertificateLog(folder: string, { certificateLog }: SigstoreKeys): Promise<ServerProcess> {
  const config = join(folder, 'ct.json');
  return startServer(
    (port) => {
      const personality = { Addr: `127.0.0.1:${port}`, PrivKey: certificateLog.base64 };
      writeFileSync(config, JSON.stringify({ Personalities: [personality] }));
      return { program: programPath('ct-test-srv'), args: ['-config', config], env };
    },
    { health: '/submissions' },
  );
}

/** Fulcio, which issues certificates to whom the issuer knows. */
export function startCertificateAuthority(
  folder: string,
  { certificateAuthority, certificateLog }: SigstoreKeys,
  { issuers }: OidcIssuer,
  log: ServerProcess,
): Promise<ServerProcess> {
  const config = join(folder, 'fulcio.json');
  const issuer = (url: string, more: object): object => ({ IssuerURL: url, ClientID: 'sigstore', ...more });
  const known = {
    [issuers.email]: issuer(issuers.email, { Type: 'email' }),
    [issuers.uri]: issuer(issuers.uri, { Type: 'uri', SubjectDomain: 'http://127.0.0.1' }),
  };
  writeFileSync(config, JSON.stringify({ OIDCIssuers: known }));
  const command = async (port: number): Promise<readonly string[]> => [
    ...['serve', '--host=127.0.0.1', `--port=${port}`, `--metrics-port=${await freePort()}`],
    ...['--grpc-host=127.0.0.1', `--grpc-port=${await freePort()}`],
    ...[`--legacy-unix-domain-socket=@packwright-${port}`, `--config-path=${config}`],
    ...[`--ct-log-url=http://${log.host}`, `--ct-log-public-key-path=${certificateLog.publicFile}`],
    ...['--ca=fileca', `--fileca-cert=${certificateAuthority.chainFile}`, '--fileca-watch=false'],
    ...[`--fileca-key=${certificateAuthority.keyFile}`, '--fileca-key-passwd='],
  ];
  // One half of it finds the other by name.
  return startServer(
    async (port) => withoutNames({ program: programPath('fulcio'), args: await command(port), env }, folder),
    { health: '/healthz' },
  );
}

/** A transparency log of Rekor v2. It names itself in checkpoints by its host without the port. */
export function startLog(folder: string, { log }: SigstoreKeys): Promise<ServerProcess> {
  return startServer(
    async (port) => ({
      program: programPath('rekor-server'),
      args: [
        ...['serve', '--hostname=127.0.0.1', `--http-port=${port}`, `--grpc-port=${await freePort()}`],
        ...[`--http-metrics-port=${await freePort()}`, `--storage-dir=${join(folder, 'rekor')}`],
        // The least that it takes: every entry waits for a checkpoint.
        ...[`--signer-filepath=${log.keyFile}`, '--checkpoint-interval=100ms'],
      ],
      env,
    }),
    { health: '/healthz' },
  );
}

/**
 * A timestamp authority. It always has its metrics on port 2112 and ends where it cannot: it gets a network of its own,
 * and is asked through a file. Where that is not allowed, there is one at a time, and the next one waits.
 */
export async function startTimestampAuthority(
  folder: string,
  { timestampAuthority }: SigstoreKeys,
): Promise<ServerProcess> {
  const socketPath = join(folder, 'tsa.sock');
  const command = withoutNetwork({
    program: programPath('timestamp-server'),
    args: [
      ...['serve', '--scheme=unix', `--socket-path=${socketPath}`, '--disable-ntp-monitoring'],
      ...['--timestamp-signer=file', `--file-signer-key-path=${timestampAuthority.keyFile}`],
      `--certificate-chain-path=${timestampAuthority.chainFile}`,
    ],
    env,
  });
  const proxy = await startCorsProxy({ socketPath });
  const start = (): Promise<Running> => {
    rmSync(socketPath, { force: true });
    return startProgram(command, `${proxy.url}/ping`);
  };
  try {
    const server = await untilFree(start);
    return { host: proxy.host, stop: () => server.stop().finally(() => proxy.stop()) };
  } catch (error) {
    await proxy.stop();
    throw error;
  }
}

async function untilFree(start: () => Promise<Running>): Promise<Running> {
  const deadline = Date.now() + 100_000;
  for (;;) {
    try {
      return await start();
    } catch (error) {
      const isTaken = String(error).includes('2112: bind: address already in use');
      if (!isTaken || Date.now() > deadline) throw error;
    }
    await sleep(500);
  }
}
