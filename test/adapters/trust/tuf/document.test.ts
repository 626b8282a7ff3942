import { describe, expect, it } from 'vitest';
import { readMetadata } from '../../../../src/adapters/trust/tuf/document.ts';
import {
  rootFormat,
  snapshotFormat,
  targetsFormat,
  timestampFormat,
} from '../../../../src/adapters/trust/tuf/roles.ts';
import { utf8 } from '../../../../src/bytes/encoding.ts';

const formats = { root: rootFormat, timestamp: timestampFormat, snapshot: snapshotFormat, targets: targetsFormat };
type Role = keyof typeof formats;

const key = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '00' } };
const holders = { keyids: ['a'], threshold: 1 };
const bodies: Readonly<Record<Role, object>> = {
  root: { keys: { a: key }, roles: { root: holders, timestamp: holders, snapshot: holders, targets: holders } },
  timestamp: { meta: { 'snapshot.json': { version: 1 } } },
  snapshot: { meta: { 'targets.json': { version: 1 } } },
  targets: { targets: { a: { length: 1, hashes: { sha256: '0'.repeat(64) } } } },
};

function document(role: Role, change: object = {}): object {
  const common = { _type: role, spec_version: '1.0.34', version: 1, expires: '2030-01-01T00:00:00Z' };
  return { signed: { ...common, ...bodies[role], ...change }, signatures: [{ keyid: 'a', sig: '00' }] };
}

const read = (role: Role, json: unknown): unknown =>
  readMetadata<unknown>(role, utf8(typeof json === 'string' ? json : JSON.stringify(json)), formats[role]);

describe('metadata', () => {
  it.each(Object.keys(formats) as Role[])('of the %s is read', (role) => {
    expect(read(role, document(role))).toMatchObject({ role: { version: 1, expires: Date.parse('2030-01-01') } });
  });

  it.each(['1.0', '1.0.0', '1.999.1'])('of version %s of the specification is read', (version) => {
    expect(read('snapshot', document('snapshot', { spec_version: version }))).toBeDefined();
  });

  it('with times as old repositories write them is read', () => {
    const expires = '2021-12-18T13:28:12.99008-06:00';
    const time = Date.parse('2021-12-18T19:28:12.990Z');
    expect(read('snapshot', document('snapshot', { expires }))).toMatchObject({ role: { expires: time + 0.08 } });
  });

  it('without consistent_snapshot has no consistent snapshots', () => {
    expect(read('root', document('root'))).toMatchObject({ role: { consistentSnapshot: false } });
  });

  it.each<readonly [string, Role, object]>([
    ['another type', 'root', { _type: 'targets' }],
    ['no type', 'root', { _type: undefined }],
    ['version 2 of the specification', 'root', { spec_version: '2.0.0' }],
    ['version 1 of the specification', 'root', { spec_version: '1' }],
    ['a version of the specification that is no number', 'root', { spec_version: '1.x' }],
    ['no version of the specification', 'root', { spec_version: undefined }],
    ['no version', 'root', { version: undefined }],
    ['version 0', 'root', { version: 0 }],
    ['version "1"', 'root', { version: '1' }],
    ['version true', 'root', { version: true }],
    ['no expiry', 'root', { expires: undefined }],
    ['an expiry that is no time', 'root', { expires: '2030-02-30T00:00:00Z' }],
    ['an expiry in seconds', 'root', { expires: 1_893_456_000 }],
    ['no keys', 'root', { keys: undefined }],
    ['keys in a list', 'root', { keys: [] }],
    ['a key without a scheme', 'root', { keys: { a: { ...key, scheme: undefined } } }],
    ['a key without a type', 'root', { keys: { a: { ...key, keytype: 7 } } }],
    ['a key without a value', 'root', { keys: { a: { ...key, keyval: 'x' } } }],
    ['no targets role', 'root', { roles: { root: holders, timestamp: holders, snapshot: holders } }],
    ['threshold 0', 'root', { roles: { root: { keyids: ['a'], threshold: 0 } } }],
    ['a negative threshold', 'root', { roles: { root: { keyids: ['a'], threshold: -1 } } }],
    ['a key id twice in a role', 'root', { roles: { root: { keyids: ['a', 'a'], threshold: 1 } } }],
    ['consistent_snapshot 1', 'root', { consistent_snapshot: 1 }],
    ['no snapshot', 'timestamp', { meta: {} }],
    ['a snapshot of no version', 'timestamp', { meta: { 'snapshot.json': {} } }],
    ['a hash that is no text', 'timestamp', { meta: { 'snapshot.json': { version: 1, hashes: { sha256: 1 } } } }],
    [
      'a hash in capitals',
      'timestamp',
      { meta: { 'snapshot.json': { version: 1, hashes: { sha256: 'A'.repeat(64) } } } },
    ],
    ['no hash', 'timestamp', { meta: { 'snapshot.json': { version: 1, hashes: {} } } }],
    ['a negative length', 'timestamp', { meta: { 'snapshot.json': { version: 1, length: -1 } } }],
    ['no meta', 'snapshot', { meta: null }],
    ['no targets', 'targets', { targets: undefined }],
    [
      'custom that is no object',
      'targets',
      { targets: { a: { length: 1, hashes: { sha256: '0'.repeat(64) }, custom: 1 } } },
    ],
    ['delegations without roles', 'targets', { delegations: { keys: {} } }],
    ['delegations without keys', 'targets', { delegations: { roles: [] } }],
  ])('with %s is refused', (_what, role, change) => {
    expect(() => read(role, document(role, change))).toThrow(expect.objectContaining({ code: 'ERR_TUF_INVALID' }));
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing signed', { signatures: [] }],
    ['no signatures', { signed: {} }],
    ['a key that stands twice', '{"signed":{},"signed":{},"signatures":[]}'],
    ['signatures in an object', { ...document('snapshot'), signatures: {} }],
    ['a signature without a key id', { ...document('snapshot'), signatures: [{ sig: '00' }] }],
    ['a signature that is no text', { ...document('snapshot'), signatures: [{ keyid: 'a', sig: 0 }] }],
    ['a fraction', JSON.stringify(document('snapshot', { version: '#' })).replace('"#"', '1.0')],
    ['an exponent', JSON.stringify(document('snapshot', { version: '#' })).replace('"#"', '1e0')],
    ['a number beyond 2^53', JSON.stringify(document('snapshot', { x: '#' })).replace('"#"', '9007199254740993')],
  ])('that is or has %s is refused', (_what, json) => {
    expect(() => read('snapshot', json)).toThrow(expect.objectContaining({ code: 'ERR_TUF_INVALID' }));
  });

  it('may hold any number inside text', () => {
    expect(read('snapshot', document('snapshot', { x: 'a "1.5" \\ 1e9', '1.5': [] }))).toBeDefined();
  });

  it('that nests too deep is refused', () => {
    const json = `{"signed":${'['.repeat(100)}${']'.repeat(100)},"signatures":[]}`;
    expect(() => read('snapshot', json)).toThrow(expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' }));
  });
});
