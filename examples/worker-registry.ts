/**
 * A registry in a Worker: any client pushes to it and pulls from it. Deno and Bun take the same handler:
 * `Deno.serve(fetch)`, `Bun.serve({ fetch })`.
 */
import { memoryRegistry } from 'packwright/registry/memory';
import { registryServer } from 'packwright/registry/server';

const fetch: (request: Request) => Promise<Response> = registryServer({
  // Gone with the isolate. Stores that last, for blobs and for records, make one that several isolates can share.
  registry: memoryRegistry({ maxBytes: 64 * 1024 * 1024 }),
  // The names that you serve it under, and those of a Worker on your desk: no page of another name can talk to it.
  hosts: ['registry.example', 'localhost', '127.0.0.1'],
});

const worker: { readonly fetch: typeof fetch } = { fetch };
export default worker;
