import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Amount } from './measure.ts';

/** What a page or a worker loads that puts blobs into a bucket and gets them from it. */
const clients: Readonly<Record<'packwright' | 'aws-sdk', string>> = {
  packwright: `export { s3BlobStore, s3Client } from 'packwright/blob-store/s3'`,
  'aws-sdk': `export { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
    export { Upload } from '@aws-sdk/lib-storage'`,
};

/** How large a bundle of each client is; ours should be a tenth. */
export async function bundleAmounts(): Promise<readonly Amount[]> {
  const [ours, peer] = [await bundled(clients.packwright), await bundled(clients['aws-sdk'])];
  const row = (name: string, value: number, limit?: number): Amount => ({ name, value, unit: 'kB', limit });
  return [
    row('packwright, minified', ours.minified),
    row('aws-sdk, minified', peer.minified),
    row('packwright, after gzip', ours.zipped, Math.round(peer.zipped) / 10),
    row('aws-sdk, after gzip', peer.zipped),
  ];
}

async function bundled(contents: string): Promise<{ readonly minified: number; readonly zipped: number }> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)), sourcefile: 'client.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    splitting: true,
    outdir: 'never-written',
    write: false,
    logLevel: 'silent',
  });
  const sum = (sizeOf: (bytes: Uint8Array) => number): number =>
    Math.round(outputFiles.reduce((all, { contents: bytes }) => all + sizeOf(bytes), 0) / 102.4) / 10;
  return { minified: sum(({ length }) => length), zipped: sum((bytes) => gzipSync(bytes, { level: 9 }).length) };
}
