import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPackService } from 'packwright';
import { httpRegistries } from 'packwright/registry/http';
import { layoutRepository } from 'packwright/registry/layout';
import { importSigningKey, keySigner } from 'packwright/signer/key';
import { nodeTransport } from 'packwright/transport/node';
import type { Policy } from 'packwright/verify';
import { runRegistry, type RunningRegistry } from '../test/peers/guarded-registry.ts';
import type { RegistryKind } from '../test/peers/registries.ts';
import type { Contender, Figure } from './measure.ts';
import { command, findProgram, run } from './programs.ts';
import { makeLayout } from './registry-layout.ts';

type Verb = 'sign' | 'verify';
type MakeFigure = (folder: string) => Promise<Figure>;

/** A registry, and what both sign with: one key with one password, as cosign writes it, and nobody else. */
interface Stage {
  readonly folder: string;
  readonly cosign: string;
  readonly registry: RunningRegistry;
  readonly env: NodeJS.ProcessEnv;
}

const titles = { sign: 'a signature that is made and attached', verify: 'an image that is verified by reference' };
const goals = { process: 1, warm: 0.5 };
const password = 'a password';

/** `sign` and `verify-reference` on a registry with the referrers API, and with `tagged-` before it on one without. */
export const signFigures: Readonly<Record<string, MakeFigure>> = {
  sign: (folder) => signFigure(folder, 'olareg', 'sign'),
  'verify-reference': (folder) => signFigure(folder, 'olareg', 'verify'),
  'tagged-sign': (folder) => signFigure(folder, 'distribution 3', 'sign'),
  'tagged-verify-reference': (folder) => signFigure(folder, 'distribution 3', 'verify'),
};

async function signFigure(folder: string, kind: RegistryKind, verb: Verb): Promise<Figure> {
  const name = `${titles[verb]}, with a key and no log, registry: ${kind}`;
  const cosign = findProgram('cosign');
  const server = kind === 'olareg' ? 'olareg' : 'distribution';
  const missing = [...(cosign === undefined ? ['cosign'] : []), ...(findProgram(server) === undefined ? [server] : [])];
  if (cosign === undefined || missing.length > 0) return { name, comparisons: [], missing };
  const registry = await runRegistry(kind, join(folder, 'registry'), { access: 'anonymous', onDisk: true });
  const stage = { folder, cosign, registry, env: { ...process.env, COSIGN_PASSWORD: password } };
  await makeLayout(join(folder, 'layout'), { blobs: 1 });
  await makeKeys(stage);
  const { ours, warm, peer } = await contenders[verb](stage);
  const comparisons = [
    { ours, peer, goal: goals.process },
    { ours: warm, peer, goal: goals.warm },
  ];
  return { name, comparisons, close: () => registry.stop() };
}

/** Nobody is asked for a certificate, a time or an entry in a log, and nobody is trusted for one. */
async function makeKeys({ folder, cosign, env }: Stage): Promise<void> {
  await run([cosign, 'generate-key-pair', '--output-key-prefix', 'bench'], { cwd: folder, env });
  const services = { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json' };
  await writeFile(join(folder, 'services.json'), JSON.stringify({ ...services, rekorTlogConfig: {}, tsaConfig: {} }));
  const trust = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' };
  await writeFile(join(folder, 'trust.json'), JSON.stringify(trust));
}

/** cosign has no other form than a process. */
interface Contenders {
  readonly ours: Contender;
  readonly warm: Contender;
  readonly peer: Contender;
}

const { fetch } = nodeTransport();
const service = createPackService({ registries: httpRegistries({ fetch }) });

const contenders: Readonly<Record<Verb, (stage: Stage) => Promise<Contenders>>> = {
  async sign(stage) {
    const signer = keySigner({ key: await importSigningKey(await keyFile(stage, 'bench.key'), { password }) });
    return {
      ours: signing('packwright', stage, (to) => ours(stage, ['sign', to, '--key', 'bench.key', '--no-log'])),
      warm: signing('packwright (in process)', stage, (to) => service.sign(to, signer)),
      peer: signing('cosign', stage, (to) => cosignSign(stage, to)),
    };
  },
  async verify(stage) {
    const image = await pushed(stage, 'image');
    await cosignSign(stage, image);
    const policy: Policy = { version: 1, signers: { anyOf: [{ key: await keyFile(stage, 'bench.pub') }] } };
    return {
      ours: { name: 'packwright', run: () => ours(stage, ['verify', image, '--key', 'bench.pub']) },
      warm: {
        name: 'packwright (in process)',
        run: async () => {
          await service.verify(image, policy);
        },
      },
      peer: { name: 'cosign', run: () => cosignVerify(stage, image) },
    };
  },
};

/** Each signature is the first of its image: what there is already would have to be read. */
function signing(name: string, stage: Stage, work: (image: string) => Promise<unknown>): Contender {
  let image = '';
  return {
    name,
    reset: async () => {
      image = await pushed(stage, `image-${(images += 1)}`);
    },
    run: async () => {
      await work(image);
    },
  };
}

let images = 0;

async function pushed({ folder, registry }: Stage, name: string): Promise<string> {
  const reference = `${registry.host}/bench/${name}:v1`;
  await service.copy(
    { repository: layoutRepository({ directory: join(folder, 'layout') }), reference: 'v1' },
    reference,
  );
  return reference;
}

function keyFile({ folder }: Stage, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8');
}

function ours({ folder, env }: Stage, args: readonly string[]): Promise<void> {
  return run([...command, ...args], { cwd: folder, env });
}

function cosignSign({ folder, cosign, env }: Stage, image: string): Promise<void> {
  const nobody = ['--signing-config', 'services.json', '--trusted-root', 'trust.json'];
  return run([cosign, 'sign', '--yes', '--key', 'bench.key', ...nobody, image], { cwd: folder, env });
}

function cosignVerify({ folder, cosign, env }: Stage, image: string): Promise<void> {
  return run([cosign, 'verify', '--key', 'bench.pub', '--insecure-ignore-tlog=true', image], { cwd: folder, env });
}
