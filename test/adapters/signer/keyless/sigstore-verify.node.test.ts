import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import * as latest from '@sigstore/verify';
import * as older from 'sigstore-verify-3';
import { describe, expect, it } from 'vitest';
import { keylessSigner } from '../../../../src/adapters/signer/keyless.ts';
import type { Bundle } from '../../../../src/attest/bundle.ts';
import { formatBundle } from '../../../../src/attest/format-bundle.ts';
import { fromUtf8 } from '../../../../src/bytes/encoding.ts';
import { testArtifact } from '../../../../src/testing/sigstore/good-bundles.ts';
import type { TestSigningConfigOptions } from '../../../../src/testing/sigstore/services.ts';
import type { SignerContent } from '../../../../src/ports/signer.ts';
import { runs } from '../../../testing/sigstore/sigstore-js.ts';
import { changedPayload } from '../changed-payload.ts';
import { message, person, someSigstore, statement } from './some-sigstore.ts';

/** What differs from the good case: who is expected, the file, or the bundle. */
interface Case {
  readonly identity?: string;
  readonly file?: Uint8Array;
  readonly bundle?: Bundle;
}

interface Signed {
  readonly bundle: Bundle;
  /** Accepts, or throws what it has against a bundle. */
  readonly accept: (verifier: typeof latest, one?: Case) => void;
}

async function signed(content: SignerContent, config: TestSigningConfigOptions): Promise<Signed> {
  const some = await someSigstore();
  const good = await keylessSigner(await some.options(config)).sign(content);
  const root = TrustedRoot.fromJSON(JSON.parse(some.sigstore.trustRoot));
  return {
    bundle: good,
    accept: ({ Verifier, toSignedEntity, toTrustMaterial }, one = {}) => {
      const { identity = person.email, file = testArtifact, bundle = good } = one;
      const thresholds = {
        tlogThreshold: bundle.logEntries.length,
        timestampThreshold: bundle.timestamps.length === 0 ? 1 : bundle.timestamps.length,
        ctlogThreshold: 1,
      };
      const json: unknown = JSON.parse(fromUtf8(formatBundle(bundle)));
      const entity = toSignedEntity(bundleFromJSON(json), content.kind === 'message' ? Buffer.from(file) : undefined);
      new Verifier(toTrustMaterial(root), thresholds).verify(entity, {
        subjectAlternativeName: identity,
        extensions: { issuer: some.issuer.url },
      });
    },
  };
}

const kinds: readonly (readonly [string, SignerContent, TestSigningConfigOptions])[] = [
  ['a message in Rekor v1', message, { logs: ['v1'] }],
  ['a message in Rekor v1 with no timestamp', message, { logs: ['v1'], timestamps: 0 }],
  ['a message in Rekor v2', message, {}],
  ['a message in two logs, with two timestamps', message, { logs: ['v2', 'v2'], timestamps: 2 }],
  ['a message in no log', message, { logs: [] }],
  ['a statement in Rekor v1', statement, { logs: ['v1'] }],
  ['a statement in Rekor v1 with no timestamp', statement, { logs: ['v1'], timestamps: 0 }],
  ['a statement in Rekor v2', statement, {}],
  ['a statement in two logs, with two timestamps', statement, { logs: ['v2', 'v2'], timestamps: 2 }],
  ['a statement in no log', statement, { logs: [] }],
];

describe.skipIf(!runs)('@sigstore/verify', () => {
  it.each(kinds)('accepts %s, of this identity and these bytes alone', async (_, content, config) => {
    const { bundle, accept } = await signed(content, config);
    expect(() => accept(latest)).not.toThrow();
    expect(() => accept(latest, { identity: 'evil@example.com' })).toThrow();
    const changed = content.kind === 'message' ? { file: Uint8Array.of(1) } : { bundle: changedPayload(bundle) };
    expect(() => accept(latest, changed)).toThrow();
  });
});

/** The one that npm 11 has, and the last that runs on Node 20. */
describe('@sigstore/verify 3', () => {
  const verifier = older as unknown as typeof latest;

  it.each(kinds.filter(([, { kind }, { logs = ['v2'] }]) => kind === 'message' || !logs.includes('v2')))(
    'accepts %s',
    async (_, content, config) => {
      const { accept } = await signed(content, config);
      expect(() => accept(verifier)).not.toThrow();
      expect(() => accept(verifier, { identity: 'evil@example.com' })).toThrow();
    },
  );

  // It compares the entry with the digest of the payload, and what is signed and entered is the DSSE encoding of that
  // (rekor-tiles, CLIENTS.md). Version 4 does it right, and so does cosign.
  it('is wrong about a statement in Rekor v2, which it accepts without the log', async () => {
    const { bundle, accept } = await signed(statement, {});
    expect(() => accept(verifier)).toThrow(
      expect.objectContaining({ code: 'TLOG_BODY_ERROR', message: 'digest mismatch' }) as Error,
    );
    expect(() => accept(verifier, { bundle: { ...bundle, logEntries: [] } })).not.toThrow();
  });
});
