import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childText, escapeXml, parseXml } from '../../../../src/adapters/blob-store/s3/xml.ts';

describe('parseXml', () => {
  it('reads elements, text and entities, and passes attributes over', () => {
    const root = parseXml(
      `<?xml version="1.0"?>\n<A xmlns="urn:a"><B>&lt;&#34;&#x41;&amp;amp;</B><C/><D >x</D ></A>\n`,
    );
    expect(root?.name).toBe('A');
    expect(childText(root ?? never, 'B')).toBe('<"A&amp;');
    expect(childText(root ?? never, 'C')).toBe('');
    expect(childText(root ?? never, 'D')).toBe('x');
    expect(childText(root ?? never, 'E')).toBeUndefined();
  });

  it.each([
    '',
    'text',
    '<A>',
    '<A></B>',
    '</A>',
    '<A/><B/>',
    '<A></A></A>',
    '<A/>x',
    '<A',
    '<1/>',
    '<A>&nbsp;</A>',
    '<A>&constructor;</A>',
    '<A>&amp</A>',
    '<A>&#x110000;</A>',
    '<!DOCTYPE a [<!ENTITY b "c">]><A>&b;</A>',
    '<A><!-- x --></A>',
    '<A><![CDATA[x]]></A>',
    '<A><?x?></A>',
    '<!doctype html><html><body>Log in</body></html>',
    `${'<A>'.repeat(40)}${'</A>'.repeat(40)}`,
  ])('refuses %j', (text) => {
    expect(parseXml(text)).toBeUndefined();
  });

  it('reads back what was escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", ';', '#', 'a', '\n', '\u{1f600}') }),
        (text) => {
          expect(parseXml(`<A>${escapeXml(text)}</A>`)?.text).toBe(text);
        },
      ),
    );
  });

  it('takes linear time', () => {
    const start = performance.now();
    expect(parseXml(`<A>${'&'.repeat(100_000)}</A>`)).toBeUndefined();
    expect(parseXml('<A'.repeat(100_000))).toBeUndefined();
    expect(parseXml(`<A>${'<B>x</B>'.repeat(20_000)}</A>`)?.children).toHaveLength(20_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

const never = { name: '', children: [], text: '' };
