import verifyBundle from './sigstore.browser.mjs';

/**
 * Runs cases of the conformance suite by their bytes and by their digest, on whatever platform this is: gives `passed` or
 * the code of the refusal for each. An error without a code is none of ours, and is given as it is.
 */
export async function runCases(cases) {
  const outcomes = {};
  for (const { name, artifact, ...request } of cases) {
    const bytes = Uint8Array.from(atob(artifact), (letter) => letter.charCodeAt(0));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const digestHex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    outcomes[name] = [await outcomeOf({ ...request, artifact: bytes }), await outcomeOf({ ...request, digestHex })];
  }
  return outcomes;
}

async function outcomeOf(request) {
  try {
    const { verdict } = await verifyBundle(request);
    return verdict;
  } catch (error) {
    return error.code ?? String(error);
  }
}
