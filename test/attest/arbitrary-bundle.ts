import fc from 'fast-check';
import type { Bundle, BundleVersion, LogEntry } from '../../src/attest/bundle.ts';
import type { DigestAlgorithm } from '../../src/digest/digest.ts';

const someBytes = (min = 1, max = 40): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => new Uint8Array(bytes));
const someText = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const index = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

const digest = fc.oneof(
  ...(
    [
      ['sha256', 64],
      ['sha384', 96],
      ['sha512', 128],
    ] as [DigestAlgorithm, number][]
  ).map(([algorithm, length]) =>
    fc
      .string({ minLength: length, maxLength: length, unit: fc.constantFrom(...Array.from('0123456789abcdef')) })
      .map((hex) => `${algorithm}:${hex}` as const),
  ),
);

const proof = (checkpoint: boolean): fc.Arbitrary<LogEntry['proof']> =>
  fc.record({
    logIndex: index,
    treeSize: index,
    rootHash: someBytes(),
    hashes: fc.array(someBytes(), { maxLength: 5 }),
    checkpoint: checkpoint ? someText : fc.option(someText, { nil: undefined }),
  });

const entry = (version: BundleVersion): fc.Arbitrary<LogEntry> =>
  fc.record({
    logIndex: index,
    logId: someBytes(),
    kind: someText,
    version: someText,
    integratedTime: index,
    promise: version === '0.1' ? someBytes() : fc.option(someBytes(), { nil: undefined }),
    proof: version === '0.1' ? fc.option(proof(false), { nil: undefined }) : proof(true),
    body: someBytes(),
  });

const mediaTypes = {
  '0.1': ['application/vnd.dev.sigstore.bundle+json;version=0.1'],
  '0.2': ['application/vnd.dev.sigstore.bundle+json;version=0.2'],
  '0.3': ['application/vnd.dev.sigstore.bundle+json;version=0.3', 'application/vnd.dev.sigstore.bundle.v0.3+json'],
} as const;

const content = (hint: string): fc.Arbitrary<Bundle['content']> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('message' as const),
      signature: someBytes(),
      digest: fc.option(digest, { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant('dsse' as const),
      envelope: fc.record({
        payload: someBytes(),
        payloadType: someText,
        signatures: fc.tuple(fc.record({ signature: someBytes(), keyId: fc.constantFrom('', hint) })),
      }),
    }),
  );

const ofVersion = (version: BundleVersion): fc.Arbitrary<Bundle> =>
  fc.string({ maxLength: 9 }).chain((hint) =>
    fc.record({
      mediaType: fc.constantFrom(...mediaTypes[version]),
      version: fc.constant(version),
      material: fc.oneof(
        fc.constant({ kind: 'key' as const, hint }),
        fc.record({
          kind: fc.constant('certificate' as const),
          certificates: fc.array(someBytes(), { minLength: 1, maxLength: version === '0.3' ? 1 : 4 }),
        }),
      ),
      logEntries: fc.array(entry(version), { maxLength: 3 }),
      timestamps: fc.array(someBytes(), { maxLength: 3 }),
      content: content(hint),
    }),
  );

/** Bundles of every version that {@link parseBundle} reads. */
export const arbitraryBundle: fc.Arbitrary<Bundle> = fc.oneof(ofVersion('0.1'), ofVersion('0.2'), ofVersion('0.3'));
