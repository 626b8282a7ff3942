import { parseTrustRoot, type TrustRoot } from 'packwright/attest';
import { publicGoodTrustRootDate, publicGoodTrustRoot } from 'packwright/trust/public-good';
import { byId, inputOf } from './element.ts';
import { reasonOf } from './read-policy.ts';
import type { Complain } from './request.ts';

/** Says from which day the trusted root in the page is. */
export function showTrustDate(): void {
  byId('trust-date', HTMLElement).textContent =
    `Its keys are part of this page, as they were on ${publicGoodTrustRootDate}. ` +
    'What was signed with the help of later ones needs a trusted root of its day.';
}

/** Reads out of the form whom to believe. */
export async function readTrust(choice: string, complain: Complain): Promise<TrustRoot | null> {
  if (choice !== 'own') return publicGoodTrustRoot();
  const [file] = inputOf('trust-root').files ?? [];
  if (file === undefined) return complain('trust-root', 'Choose the trusted root.');
  try {
    return parseTrustRoot(new Uint8Array(await file.arrayBuffer()));
  } catch (error) {
    return complain('trust-root', `This trusted root cannot be used: ${reasonOf(error)}.`);
  }
}
