import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../meta/source-tree.ts';
import { startPrivateSigstore, type PrivateSigstore } from '../peers/private-sigstore.ts';
import { programPath, run as runProgram } from '../peers/programs.ts';
import { openPage, type BrowserName } from '../runtimes/browsers.ts';
import { addModule, projectWithPackage } from '../runtimes/installed-package.ts';
import type { BundleName, SigningOutcome, SigningTask } from '../runtimes/signing.ts';
import { runtimesIn } from '../runtimes/tools.ts';
import { inWorkerd } from '../runtimes/workerd.ts';
import { describeWithPeers } from './peers.ts';

const run = promisify(execFile);
const runtimes = runtimesIn(process.env.PACKWRIGHT_RUNTIMES ?? root);

type Client = (project: string, task: SigningTask) => Promise<unknown>;

const program =
  (name: string, ...args: readonly string[]): Client =>
  async (project, task) => {
    const command = [...args, join(project, 'main.js'), JSON.stringify(task)];
    return JSON.parse((await run(runtimes.program(name), command, { cwd: project })).stdout) as unknown;
  };

const page =
  (browser: BrowserName): Client =>
  async (project, task) => {
    const entry = "import { signEverything } from './signing.js'; Object.assign(globalThis, { signEverything });";
    const opened = await openPage(browser, project, runtimes, entry);
    try {
      return await opened.ask(`signEverything(${JSON.stringify(task)})`);
    } finally {
      await opened.close();
    }
  };

const main = `import { argv } from 'node:process';
import { signEverything } from './signing.js';
console.log(JSON.stringify(await signEverything(JSON.parse(argv[2]))));
`;
const worker = `import { signEverything } from './signing.js';
export default { fetch: async (request) => Response.json(await signEverything(await request.json())) };`;

const clients: Readonly<Record<string, Client>> = {
  node20: program('node20'),
  node24: program('node24'),
  Deno: program('deno', 'run', '--no-prompt', '--allow-net=127.0.0.1'),
  Bun: program('bun'),
  'a Worker': (project, task) => inWorkerd(project, runtimes, worker, task),
  Chromium: page('Chromium'),
  Firefox: page('Firefox'),
};

const dev = 'dev@example.com';
const build = 'http://127.0.0.1/ci/build';
const text = 'a file that everybody signs\n';

const passed = 'no error';
/** What our verifier says, on every runtime. */
const verdicts: SigningOutcome['verdicts'] = {
  keyless: passed,
  'keyless streamed': passed,
  'keyless statement': passed,
  key: passed,
  'key statement': passed,
  'keyless, of somebody else': 'ERR_IDENTITY_MISMATCH',
  'keyless, of another file': 'ERR_SUBJECT_MISMATCH',
  'statement, by somebody else': 'ERR_IDENTITY_MISMATCH',
  'statement, about another file': 'ERR_SUBJECT_MISMATCH',
  'key, of another file': 'ERR_SUBJECT_MISMATCH',
  'key, without a log': 'ERR_LOG_MISSING',
};

/** How cosign is asked about a bundle, and by whom it is. */
interface Question {
  readonly verb: readonly string[];
  readonly signer: readonly string[];
  /** Somebody else. */
  readonly other: readonly string[];
}

describeWithPeers('what the installed package signs', { timeout: 60_000 }, () => {
  let sigstore: PrivateSigstore;
  let project: string;
  let questions: Readonly<Record<BundleName, Question>>;
  const at = (...names: readonly string[]): string => join(project, ...names);

  beforeAll(async () => {
    [sigstore, project] = await Promise.all([startPrivateSigstore(), projectWithPackage()]);
    await addModule(project, 'signing.js', join(root, 'test/runtimes/signing.ts'));
    await writeFile(at('main.js'), main);
    await writeFile(at('file.txt'), text);
    await writeFile(at('other.txt'), `${text}!`);
    await runProgram(programPath('cosign'), ['generate-key-pair', '--output-key-prefix=other'], {
      cwd: project,
      env: { COSIGN_PASSWORD: '' },
    });
    questions = questionsAbout(sigstore);
  });
  afterAll(async () => {
    await Promise.all([sigstore.stop(), rm(project, { recursive: true, force: true })]);
  });

  const task = async (browser: boolean): Promise<SigningTask> => {
    const { corsSigningConfig, signingConfigs, trustedRoot, issuers } = sigstore;
    return {
      signingConfig: await readFile(browser ? corsSigningConfig : signingConfigs.log, 'utf8'),
      trustedRoot: await readFile(trustedRoot, 'utf8'),
      text,
      signer: { identity: dev, issuer: issuers.email, token: await sigstore.token({ email: dev }) },
      builder: { identity: build, issuer: issuers.uri, token: await sigstore.token({ uri: build }) },
    };
  };

  describe.each(Object.entries(clients))('on %s', (name, client) => {
    let outcome: SigningOutcome;
    const folder = name.replace(' ', '-').toLowerCase();

    beforeAll(async () => {
      outcome = (await client(project, await task(['Chromium', 'Firefox'].includes(name)))) as SigningOutcome;
      await mkdir(at(folder));
      await writeFile(at(folder, 'key.pub'), outcome.publicKey);
      for (const [bundle, json] of Object.entries(outcome.bundles)) {
        await writeFile(at(folder, bundle), json);
        await writeFile(at(folder, `${bundle}, changed`), withChangedByte(json));
      }
    });

    const cosign = ({ verb }: Question, signer: readonly string[], bundle: string, file = 'file.txt') => {
      const args = [...verb, ...signer, '--bundle', at(folder, bundle), at(file)];
      return runProgram(programPath('cosign'), args, { cwd: at(folder) });
    };

    it('is verified there, and nothing else is', () => {
      const { 'the private key, exported': exported, ...said } = outcome.verdicts;
      expect(said).toEqual(verdicts);
      expect(exported).not.toBe(passed);
    });

    it.each(['keyless', 'keyless streamed', 'keyless statement', 'key', 'key statement'] as const)(
      'is accepted by cosign as it is, and not otherwise: %s',
      async (bundle) => {
        const question = questions[bundle];
        const { signer, other } = question;
        await cosign(question, signer, bundle);
        const refused = await Promise.allSettled([
          cosign(question, other, bundle),
          cosign(question, signer, bundle, 'other.txt'),
          cosign(question, signer, `${bundle}, changed`),
        ]);
        expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      },
    );
  });
});

function questionsAbout({ trustedRoot, issuers }: PrivateSigstore): Readonly<Record<BundleName, Question>> {
  const certificate = (identity: string, issuer: string): readonly string[] => [
    `--certificate-identity=${identity}`,
    `--certificate-oidc-issuer=${issuer}`,
  ];
  const people = { dev: certificate(dev, issuers.email), build: certificate(build, issuers.uri) };
  const keys = { signer: ['--key=key.pub'], other: ['--key=../other.pub'] };
  const logged = [`--trusted-root=${trustedRoot}`];
  const blob = 'verify-blob';
  const statement = ['verify-blob-attestation', '--type=slsaprovenance1'];
  return {
    keyless: { verb: [blob, ...logged], signer: people.dev, other: people.build },
    'keyless streamed': { verb: [blob, ...logged], signer: people.dev, other: people.build },
    'keyless statement': { verb: [...statement, ...logged], signer: people.build, other: people.dev },
    key: { verb: [blob, ...logged], ...keys },
    'key statement': { verb: [...statement, '--insecure-ignore-tlog=true'], ...keys },
  };
}

/** The bundle with one byte of what is signed, or of the signature, changed. */
function withChangedByte(json: string): string {
  const bundle = JSON.parse(json) as {
    messageSignature?: { signature: string };
    dsseEnvelope?: { payload: string };
  };
  const change = (base64: string): string => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
    return bytes.toString('base64');
  };
  if (bundle.messageSignature) bundle.messageSignature.signature = change(bundle.messageSignature.signature);
  if (bundle.dsseEnvelope) bundle.dsseEnvelope.payload = change(bundle.dsseEnvelope.payload);
  return JSON.stringify(bundle);
}
