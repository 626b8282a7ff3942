/** `node own-registry.ts PORT FOLDER`: our registry in a process of its own, over a folder, from its source. */
import { argv } from 'node:process';
import { fsBlobStore } from '../../src/adapters/blob-store/fs.ts';
import { fsRecordStore } from '../../src/adapters/blob-store/fs-record-store.ts';
import { listen } from '../../src/adapters/node/http-listener.ts';
import { registryServer } from '../../src/adapters/registry/server.ts';

const [, , port, directory = ''] = argv;
const onError = (error: unknown): void => console.error(error);
const handler = registryServer({ blobs: fsBlobStore({ directory }), records: fsRecordStore({ directory }), onError });
await listen(handler, { port: Number(port), onError });
