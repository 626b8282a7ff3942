import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex } from '../../../src/bytes/encoding.ts';
import { parseCheckpoint } from '../../../src/verify/log/checkpoint.ts';

// The example of C2SP tlog-checkpoint.
const line =
  '\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n';
const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const note = `${text}\n${line}`;

describe('checkpoint', () => {
  it('is read as C2SP writes one', () => {
    const checkpoint = parseCheckpoint(note);
    expect(checkpoint.origin).toBe('example.com/behind-the-sofa');
    expect(checkpoint.size).toBe(20852163n);
    expect(toHex(checkpoint.root)).toBe('0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62');
    expect(fromUtf8(checkpoint.text)).toBe(text);
    expect(checkpoint.signatures.map(({ name, keyId }) => [name, toHex(keyId)])).toEqual([
      ['example.com/behind-the-sofa', '033de0ae'],
    ]);
  });

  it('may be of an empty tree, of one of 2^63 - 1 leaves, have lines of its log and many signatures', () => {
    expect(parseCheckpoint(note.replace('20852163', '0')).size).toBe(0n);
    expect(parseCheckpoint(note.replace('20852163', '9223372036854775807')).size).toBe(9223372036854775807n);
    expect(fromUtf8(parseCheckpoint(`${text}Timestamp: 1\nmore\n\n${line}`).text)).toBe(`${text}Timestamp: 1\nmore\n`);
    expect(parseCheckpoint(note + line.repeat(63)).signatures).toHaveLength(64);
  });

  const broken: Readonly<Record<string, string>> = {
    nothing: '',
    'no signature': `${text}\n`,
    'no empty line before the signatures': text + line,
    'no newline at its end': note.slice(0, -1),
    'an empty line at its end': `${note}\n`,
    'an empty line in its text': `${text}\nmore\n\n${line}`,
    'no origin': note.slice(note.indexOf('\n') + 1),
    'an empty origin': note.slice(note.indexOf('\n')),
    'no size': note.replace('20852163\n', ''),
    'a size with a leading zero': note.replace('20852163', '020852163'),
    'a size with a plus': note.replace('20852163', '+20852163'),
    'a negative size': note.replace('20852163', '-1'),
    'a size in hexadecimal': note.replace('20852163', '0x10'),
    'a size with a space': note.replace('20852163', '20852163 '),
    'a size of 20 digits': note.replace('20852163', '1'.repeat(20)),
    'no root': `${text.split('\n').slice(0, 2).join('\n')}\n\n${line}`,
    'a root of 31 bytes': note.replace('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', `${'A'.repeat(40)}AA==`),
    'a root with stray pad bits': note.replace('jxq2I=', 'jxq2J='),
    'a carriage return': note.replace('\n', '\r\n'),
    'a tab in its origin': note.replace('behind-the-sofa\n', 'behind\tthe-sofa\n'),
    'a lone surrogate': note.replace('behind-the-sofa\n', 'behind\ud800\n'),
    'a hyphen for the dash': note.replace('\u2014', '-'),
    'a signature without a name': note.replace('\u2014 example.com/behind-the-sofa', '\u2014'),
    'an empty name': note.replace('\u2014 example.com/behind-the-sofa', '\u2014 '),
    'a plus in a name': note.replace('\u2014 example.com/', '\u2014 example+'),
    'a no-break space in a name': note.replace('\u2014 example.com/', '\u2014 example\u00a0'),
    'a signature that is no base64': note.replace('Az3grlg', 'Az3g-lg'),
    'a signature of a key id alone': `${text}\n\u2014 example.com Az3grg==\n`,
    '65 signatures': note + line.repeat(64),
    'more than 128 KiB': `${text}${'a'.repeat(131_072)}\n\n${line}`,
    'a malformed signature beside a good one': `${note}\u2014 other !\n`,
  };
  it.each(Object.entries(broken))('is refused with %s', (_, envelope) => {
    expect(() => parseCheckpoint(envelope)).toThrow(expect.objectContaining({ code: 'ERR_LOG_PROOF_INVALID' }));
  });
});
