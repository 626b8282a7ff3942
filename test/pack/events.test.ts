import { expect, it } from 'vitest';
import { bytesSource, type PackEvent } from '../../src/index.ts';
import { bench, here, lockfileOf, memorySink, someBytes, somePackages, sourceOf } from './fixtures.ts';

/** Every operation starts once, ends once, never counts backwards, and belongs to one that is open. */
function checkGrammar(events: readonly PackEvent[]): void {
  const open = new Map<string, number>();
  const ended = new Set<string>();
  for (const { op, kind, bytes, parent } of events) {
    if (kind === 'start') {
      expect(open.has(op) || ended.has(op)).toBe(false);
      if (parent !== undefined) expect(open.has(parent)).toBe(true);
      open.set(op, 0);
      continue;
    }
    expect(open.get(op)).toBeLessThanOrEqual(bytes);
    open.set(op, bytes);
    if (kind !== 'done' && kind !== 'failed') continue;
    open.delete(op);
    ended.add(op);
  }
  expect([...open.keys()]).toEqual([]);
}

it('every operation starts once and ends once, and counts real bytes', async () => {
  const packages = [...somePackages(20), { name: 'large', bytes: someBytes(3_000_000) }];
  const { service, events } = bench({ sources: [sourceOf(packages)] });
  await service.pack({ lockfile: { name: 'package-lock.json', bytes: lockfileOf(packages) } }, here);
  await service.pack(
    {
      files: [{ path: 'large', source: bytesSource(someBytes(3_000_000)) }],
      folders: [{ path: 'folder', entries: [{ path: 'a', type: 'file', source: bytesSource(someBytes(10)) }] }],
    },
    'registry.example/team/files:v1',
  );
  await service.copy(here, 'other.example/copy:v1');
  await service.unpack(here, memorySink());
  await service.inspect(here);
  await service.diff(here, 'registry.example/team/files:v1');
  checkGrammar(events);
  const fetched = events.filter(({ verb, kind }) => verb === 'fetch' && kind === 'done');
  expect(fetched.map(({ bytes }) => bytes).sort((a, b) => a - b)).toEqual(
    packages.map(({ bytes }) => bytes.length).sort((a, b) => a - b),
  );
  expect(events.find(({ name, kind }) => name === 'large' && kind === 'done')?.bytes).toBe(3_000_000);
});

it('every operation ends also when something fails', async () => {
  const packages = somePackages(20);
  const lying = sourceOf(packages, (bytes, { name }) => (name === 'p7@1.0.0' ? bytes.slice(1) : bytes));
  const { service, events } = bench({ sources: [lying] });
  const input = { lockfile: { name: 'package-lock.json', bytes: lockfileOf(packages) } };
  await expect(service.pack(input, here)).rejects.toThrow();
  await service.pack({ files: packages.map(({ name, bytes }) => ({ path: name, source: bytesSource(bytes) })) }, here);
  await expect(service.unpack(here, memorySink({ maxBytes: 300 }))).rejects.toThrow();
  checkGrammar(events);
  expect(events.at(-1)).toMatchObject({ verb: 'unpack', kind: 'failed' });
});

it('a listener of a call takes the place of the one of the service', async () => {
  const { service, events } = bench();
  const own: PackEvent[] = [];
  const input = { files: [{ path: 'a', source: bytesSource(someBytes(1)) }] };
  await service.pack(input, here, { onEvent: (event) => void own.push(event) });
  expect(events).toEqual([]);
  expect(own.map(({ verb, kind }) => `${verb} ${kind}`)).toEqual([
    'pack start',
    'read start',
    'read progress',
    'read done',
    'pack done',
  ]);
});
