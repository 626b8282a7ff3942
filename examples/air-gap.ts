/** A pack goes into one file, the file goes where no network is, and there every byte is checked before it is used. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackService } from 'packwright';
import { layoutArchiveStream, layoutRepository, openLayoutArchive } from 'packwright/registry/layout';
import { fsSink } from 'packwright/sink/fs';
import { fileBytes, walkFolder } from 'packwright/source/file';

const folder = await mkdtemp(join(tmpdir(), 'packwright-air-gap-'));
const service = createPackService();

// Here: a folder and a file become a pack, with notes attached to it.
await mkdir(join(folder, 'site'));
await writeFile(join(folder, 'site/index.html'), '<h1>hello</h1>\n');
const here = layoutRepository({ directory: join(folder, 'packs') });
const packed = await service.pack(
  {
    folders: [{ path: 'site', entries: walkFolder(join(folder, 'site')) }],
    artifactType: 'application/vnd.example.site',
  },
  { repository: here, reference: '1.0' },
);
await writeFile(join(folder, 'notes.txt'), 'reviewed\n');
const notes = { path: 'notes.txt', source: await fileBytes(join(folder, 'notes.txt')) };
const attached = { files: [notes], artifactType: 'application/vnd.example.notes' };
await service.attach({ repository: here, reference: '1.0' }, attached);

// One file, the same bytes each time.
const archive = await layoutArchiveStream(here, [{ reference: '1.0' }]);
await writeFile(join(folder, 'site.tar'), archive.stream);
console.log(`${archive.blobs} blobs in one file`);

// There: the file is read in place. What was carried along is found, and the digest is the one that was sent.
const there = await openLayoutArchive(await fileBytes(join(folder, 'site.tar')));
const inspected = await service.inspect({ repository: there });
console.log(inspected.descriptor.digest === packed.digest ? 'the digest is the same' : 'the digest differs');
console.log(inspected.referrers?.referrers.map(({ artifactType }) => artifactType).join());
await service.unpack({ repository: there, reference: packed.digest }, fsSink({ directory: join(folder, 'out') }));
console.log(await readFile(join(folder, 'out/site/index.html'), 'utf8'));

await rm(folder, { recursive: true });
