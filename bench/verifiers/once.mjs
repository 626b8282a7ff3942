// One verification by one verifier, as a process of its own: `node once.mjs <verifier> <case as JSON file>`.
import { readFileSync } from 'node:fs';

const [, , verifier, path] = process.argv;
const { trustRoot, artifact, ...request } = JSON.parse(readFileSync(path, 'utf8'));
const { prepare } = await import(`./${verifier}.mjs`);
const verify = await prepare(trustRoot);
await verify({ ...request, artifact: new Uint8Array(Buffer.from(artifact, 'base64')) });
