import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/encoding.ts';
import { parsePem } from '../../src/bytes/pem.ts';

const pem = '-----BEGIN PUBLIC KEY-----\nYWJj\nZGVm\n-----END PUBLIC KEY-----\n';
const invalid = expect.objectContaining({ name: 'FormatError', code: 'ERR_DER_INVALID' }) as Error;

describe('parsePem', () => {
  it.each([
    ['as it is written', pem],
    ['with the line ends of Windows', pem.replaceAll('\n', '\r\n')],
    ['without the last line end', pem.trimEnd()],
    ['with white space around it', `\n  ${pem}\n\n`],
    ['with lines of other lengths', pem.replace('YWJj\n', 'YWJj')],
    ['with spaces at the ends of lines', pem.replace('YWJj', 'YWJj \t')],
  ])('reads one block %s', (_what, text) => {
    expect(parsePem(text, 'PUBLIC KEY')).toEqual(utf8('abcdef'));
  });

  it.each([
    ['nothing', ''],
    ['no boundaries', 'YWJj'],
    ['another label', pem.replaceAll('PUBLIC', 'PRIVATE')],
    ['another label at the end', pem.replace('END PUBLIC', 'END PRIVATE')],
    ['no end', pem.slice(0, pem.indexOf('-----END'))],
    ['no bytes', '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----'],
    ['two blocks', pem + pem],
    ['text in front', `key:\n${pem}`],
    ['text behind', `${pem}key`],
    ['headers', pem.replace('YWJj', 'Proc-Type: 4,ENCRYPTED\n\nYWJj')],
    ['letters that are not base64', pem.replace('YWJj', 'YW_j')],
    ['missing padding', pem.replace('ZGVm', 'ZGV')],
    ['stray bits', pem.replace('ZGVm', 'ZGU=').replace('ZGU=', 'ZGV=')],
    ['a space within a line', pem.replace('YWJj', 'YW Jj')],
    ['more text than is read', pem.replace('YWJj', 'YWJj'.repeat(33_000))],
  ])('refuses %s', (_what, text) => {
    expect(() => parsePem(text, 'PUBLIC KEY')).toThrow(invalid);
  });

  it('takes time that grows with the text', () => {
    const text = '-----BEGIN PUBLIC KEY-----\n'.repeat(4800);
    expect(() => parsePem(text, 'PUBLIC KEY')).toThrow(invalid);
  });
});
