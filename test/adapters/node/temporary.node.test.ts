import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile, syncFolder } from '../../../src/adapters/node/atomic-file.ts';
import { isErrno, storeFailure } from '../../../src/adapters/node/failure.ts';
import { Folders } from '../../../src/adapters/node/folders.ts';
import { currentOwner, formatOwner, type Owner } from '../../../src/adapters/node/owner.ts';
import { ageOf, sweepTemporary, temporaryFiles, temporaryName } from '../../../src/adapters/node/temporary.ts';
import { temporaryFolder } from './temporary-folder.ts';

const me = currentOwner();
const dead: Owner = { ...me, pid: 2 ** 30 };
const foreign: Owner = { ...me, space: me.space + 1 };

function plant(folder: string, label: string, owner: Owner, age = 0): void {
  const path = join(folder, `${label}~${formatOwner(owner)}`);
  writeFileSync(path, '');
  const then = (Date.now() - age) / 1000;
  utimesSync(path, then, then);
}

function labels(folder: string): string[] {
  return temporaryFiles(folder)
    .map(({ label }) => label)
    .sort();
}

describe('sweepTemporary', () => {
  it('removes what is of the dead, keeps what is of the living, waits with what it cannot judge', () => {
    const folder = temporaryFolder();
    plant(folder, 'put-dead', dead);
    plant(folder, 'put-mine', me, 100_000);
    plant(folder, 'put-foreign', foreign);
    plant(folder, 'put-foreign-old', foreign, 100_000);
    plant(folder, 'ingest-dead', dead);
    plant(folder, 'ingest-dead-old', dead, 100_000);
    writeFileSync(join(folder, 'not ours'), '');
    writeFileSync(join(folder, '~1.2.3.4'), '');
    sweepTemporary(folder, { lifetime: 50_000, keep: (label) => label.startsWith('ingest-') });
    expect(labels(folder)).toEqual(['ingest-dead', 'put-foreign', 'put-mine']);
    expect(readdirSync(folder)).toHaveLength(5);
  });

  it('minds the prefix', () => {
    const folder = temporaryFolder();
    plant(folder, 'put-dead', dead);
    plant(folder, 'other-dead', dead);
    sweepTemporary(folder, { prefix: 'put-' });
    expect(labels(folder)).toEqual(['other-dead']);
  });

  it('passes over what it cannot remove', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, `put-dead~${formatOwner(dead)}`));
    sweepTemporary(folder);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('finds nothing in a folder that is not there, or is none', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    sweepTemporary(join(folder, 'missing'));
    sweepTemporary(join(folder, 'file'));
    expect(ageOf(join(folder, 'missing'))).toBe(0);
    expect(() => temporaryFiles('\0')).toThrow();
  });

  it('gives each temporary file its own name', () => {
    expect(temporaryName('put')).not.toBe(temporaryName('put'));
  });
});

describe('replaceFile', () => {
  it('makes the folders, replaces what was there, and leaves no temporary file', async () => {
    const folder = temporaryFolder();
    const [path, temporary] = [join(folder, 'a', 'b', 'file'), join(folder, 'tmp')];
    for (const text of ['one', 'two']) {
      await replaceFile(path, new TextEncoder().encode(text), { temporary, durable: text === 'two' });
    }
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file']);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('leaves no temporary file when the name is taken by a folder', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'file'));
    await expect(replaceFile(join(folder, 'file'), new Uint8Array(1), { temporary: folder })).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('syncFolder', () => {
  it('fails for a folder that is not there', async () => {
    await expect(syncFolder(join(temporaryFolder(), 'missing'))).rejects.toThrow('ENOENT');
  });
});

describe('Folders', () => {
  it('removes what it made and is empty, and nothing else', () => {
    const folder = temporaryFolder();
    const folders = new Folders();
    mkdirSync(join(folder, 'old'));
    folders.make(join(folder, 'old', 'new', 'newer'));
    expect(folders.make(join(folder, 'old', 'new', 'newer'))).toBeUndefined();
    folders.make(join(folder, 'full', 'empty'));
    writeFileSync(join(folder, 'full', 'file'), '');
    folders.removeEmpty();
    expect([readdirSync(folder).sort(), readdirSync(join(folder, 'old')), readdirSync(join(folder, 'full'))]).toEqual([
      ['full', 'old'],
      [],
      ['file'],
    ]);
  });

  it('gives up when a step cannot find its folder again and again', () => {
    const folder = join(temporaryFolder(), 'a');
    const error = Object.assign(new Error('gone'), { code: 'ENOENT', syscall: 'open' });
    let steps = 0;
    const step = (): never => {
      steps++;
      throw error;
    };
    expect(() => new Folders().within(folder, step)).toThrow(error);
    expect(steps).toBeGreaterThan(2);
    expect(existsSync(folder)).toBe(true);
  });
});

describe('storeFailure', () => {
  const errno = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'open', path: '/x' });
  const facts = { store: 's', action: 'write', what: 'blob b', digest: 'b' } as const;

  it.each([
    ['ENOSPC', 'ERR_STORE_QUOTA', false, true],
    ['EDQUOT', 'ERR_STORE_QUOTA', false, true],
    ['EACCES', 'ERR_STORE_WRITE', false, true],
    ['EROFS', 'ERR_STORE_WRITE', false, true],
    ['EMFILE', 'ERR_STORE_WRITE', true, true],
    ['EIO', 'ERR_STORE_WRITE', false, false],
  ])('makes %s a %s', (code, expected, retryable, hinted) => {
    const error = storeFailure(errno(code), facts) as { hint?: string };
    expect(error).toMatchObject({ code: expected, retryable, store: 's', digest: 'b', cause: { code } });
    expect(error.hint !== undefined).toBe(hinted);
  });

  it('says ERR_STORE_READ where something was read, and ERR_BLOB_NOT_FOUND for a blob that is gone', () => {
    expect(storeFailure(errno('EIO'), { ...facts, action: 'read' })).toMatchObject({ code: 'ERR_STORE_READ' });
    expect(storeFailure(errno('ENOENT'), { ...facts, action: 'read' })).toMatchObject({ code: 'ERR_BLOB_NOT_FOUND' });
    const nameless = Object.assign(errno('EACCES'), { path: undefined });
    expect(storeFailure(nameless, { store: 's', action: 'read', what: 'folder' })).toMatchObject({
      code: 'ERR_STORE_READ',
      hint: expect.stringContaining('the folder') as string,
    });
  });

  it('lets everything else through', () => {
    const reason = new Error('enough');
    expect(storeFailure(reason, facts)).toBe(reason);
    expect(isErrno('EACCES')).toBe(false);
  });
});
