import { utf8 } from '../../src/bytes/encoding.ts';
import { digestOf, integrityOf, parseDigest, parseIntegrity, strongestOf } from '../../src/digest/index.ts';
import { holds, judge, type FuzzTarget } from './judge.ts';

const content = utf8('content');
const [short, middle, long] = (['sha256', 'sha384', 'sha512'] as const).map((algorithm) =>
  integrityOf(digestOf(content, algorithm)),
);

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'SRI',
    seeds: [`${long}`, `${short} ${middle}\n${long}?option`, `sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= ${short}`].map((text) =>
      utf8(text),
    ),
    dictionary: ['sha512-', 'sha256-', 'sha384-', 'sha1-', 'md5-', '=', '==', '?', ' ', '\t', '-', '_', '\u00a0'],
    run: (bytes) =>
      judge(() => {
        const { digests } = parseIntegrity(new TextDecoder().decode(bytes));
        const again = parseIntegrity(digests.map(integrityOf).join(' ') || `${long}`);
        holds(
          'digests that were written are read as the same',
          digests.length === 0 || again.digests.join() === digests.join(),
        );
        strongestOf(again);
      }),
  },
  {
    name: 'digest',
    seeds: (['sha256', 'sha384', 'sha512'] as const).map((algorithm) => utf8(digestOf(content, algorithm))),
    dictionary: ['sha256:', 'sha512:', ':', '+', 'A', '/', '../', '\0'],
    run: (bytes) =>
      judge(() => {
        const text = new TextDecoder().decode(bytes);
        holds('a digest is the text that it was read from', parseDigest(text) === text);
      }),
  },
];
