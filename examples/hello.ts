/** The smallest pack: one file, in memory, and back again. */
import { bytesSource, createPackService } from 'packwright';
import { memorySink } from 'packwright/sink/memory';

const service = createPackService();
const source = bytesSource(new TextEncoder().encode('hello\n'));
const { digest } = await service.pack({ files: [{ path: 'hello.txt', source }] }, 'registry.example/hello:1.0');
console.log(digest);

const sink = memorySink();
await service.unpack('registry.example/hello:1.0', sink);
for (const [path, entry] of sink.files()) console.log(path, entry);
