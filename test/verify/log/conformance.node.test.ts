import { describe, expect, it } from 'vitest';
import { isPackError } from '../../../src/errors.ts';
import { verifyLogEntry } from '../../../src/verify/log/verify-log-entry.ts';
import { caseNames, readCase, skipped } from '../conformance-case.ts';

/** What the log has to do with the refusal of a case; none where it is about something else. */
const refusals: Readonly<Record<string, string>> = {
  'bundle-from-wrong-instance_fail': 'ERR_LOG_UNTRUSTED',
  'checkpoint-bad-keyhint_fail': 'ERR_LOG_PROOF_INVALID',
  'checkpoint-wrong-roothash_fail': 'ERR_LOG_PROOF_INVALID',
  'dsse-invalid-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'dsse-mismatch-envelope_fail': 'ERR_LOG_ENTRY_INVALID',
  'dsse-mismatch-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'inclusion-proof-corrupted-hash_fail': 'ERR_LOG_PROOF_INVALID',
  'incorrect-public-key_fail': 'ERR_LOG_ENTRY_INVALID',
  'intoto-log-entry-mismatch_fail': 'ERR_LOG_ENTRY_INVALID',
  'invalid-checkpoint-signature_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-log-signature_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-origin_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-root-hash_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-missing-size_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-checkpoint-no-matching-signature_fail': 'ERR_LOG_PROOF_INVALID',
  'rekor2-dsse-invalid-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'rekor2-dsse-mismatch-envelope_fail': 'ERR_LOG_ENTRY_INVALID',
  'rekor2-dsse-mismatch-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'set-invalid-signature_fail': 'ERR_LOG_ENTRY_INVALID',
  'signature-mismatch_fail': 'ERR_LOG_ENTRY_INVALID',
  'trust-root-tlog-missing-validity-start_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-artifact_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-cert-and-sig_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-hashedrekord-entry_fail': 'ERR_LOG_ENTRY_INVALID',
  'wrong-material_fail': 'ERR_LOG_ENTRY_INVALID',
};

async function codeOf(name: string): Promise<string> {
  const { bundle, trust, signed } = readCase(name);
  try {
    for (const entry of bundle.logEntries) {
      await verifyLogEntry(entry, { logs: trust.logs, version: bundle.version, signed, times: [] });
    }
    return 'passed';
  } catch (error) {
    if (isPackError(error)) return error.code;
    throw error;
  }
}

describe('log entries of the Sigstore conformance suite', () => {
  it.skipIf(skipped)('have all their cases beside the repository', () => {
    expect(caseNames.length).toBe(70);
  });

  it.each(caseNames.filter((name) => !name.endsWith('_fail')))('%s passes', async (name) => {
    expect(await codeOf(name)).toBe('passed');
  });

  it.each(Object.entries(refusals).filter(([name]) => caseNames.includes(name)))('%s is %s', async (name, code) => {
    expect(await codeOf(name)).toBe(code);
  });
});
