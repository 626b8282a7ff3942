/** `node attach-command.ts REFERENCE NAME COUNT`: attaches so many artifacts, one after the other, and prints their digests. */
import { argv } from 'node:process';
import { bytesSource } from '../../src/bytes/source.ts';
import { httpRegistries } from '../../src/adapters/registry/http.ts';
import { createPackService } from '../../src/index.ts';

const [, , reference = '', name = '', count = '1'] = argv;
const service = createPackService({ registries: httpRegistries() });
for (let index = 0; index < Number(count); index += 1) {
  const source = bytesSource(new TextEncoder().encode(`${name} ${index}`));
  const input = { files: [{ path: 'notes.txt', source }], artifactType: 'application/vnd.example.remark' };
  console.log((await service.attach(reference, input)).digest);
}
