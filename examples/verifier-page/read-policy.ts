import { isPackError, parseJson } from 'packwright';
import { parsePolicy, type Demand, type Policy, type SignerRule, type TextRule } from 'packwright/verify';
import { byId, inputOf } from './element.ts';
import type { Complain } from './request.ts';

/** Reads out of the form, or out of a file, what must be proven. */
export async function readPolicy(signer: string, complain: Complain): Promise<Policy | null> {
  if (signer === 'policy') return readPolicyFile(complain);
  const field = signer === 'key' ? 'key' : 'identity';
  const rule = signer === 'key' ? await readKey(complain) : readIdentity(complain);
  const type = readPredicate(complain);
  if (rule === null || type === null) return null;
  const predicates = type === '' ? undefined : [{ type }];
  return checked({ version: 1, demand: readDemand(), signers: { anyOf: [rule] }, predicates }, field, complain);
}

async function readPolicyFile(complain: Complain): Promise<Policy | null> {
  const [file] = inputOf('policy').files ?? [];
  if (file === undefined) return complain('policy', 'Choose the policy.');
  try {
    return parsePolicy(parseJson(new Uint8Array(await file.arrayBuffer())));
  } catch (error) {
    return complain('policy', `This policy cannot be used: ${reasonOf(error)}.`);
  }
}

function checked(policy: Policy, field: string, complain: Complain): Policy | null {
  try {
    // Through JSON, so that what is left out is not there at all.
    return parsePolicy(JSON.parse(JSON.stringify(policy)));
  } catch (error) {
    return complain(field, `This cannot be used: ${reasonOf(error)}.`);
  }
}

function readIdentity(complain: Complain): SignerRule | null {
  const identity = textRule('identity', 'Enter the identity that must have signed.', complain);
  const issuer = textRule(
    'issuer',
    'Enter the issuer: the same identity of another issuer is somebody else.',
    complain,
  );
  return identity === null || issuer === null ? null : { identity, issuer };
}

function textRule(id: string, missing: string, complain: Complain): TextRule | null {
  const text = inputOf(id).value.trim();
  if (text === '') return complain(id, missing);
  return inputOf(`${id}-pattern`).checked ? { pattern: text } : text;
}

async function readKey(complain: Complain): Promise<SignerRule | null> {
  const [file] = inputOf('key-file').files ?? [];
  const key = (await file?.text()) ?? byId('key', HTMLTextAreaElement).value.trim();
  return key === '' ? complain('key', 'Paste the public key, or choose its file.') : { key };
}

function readPredicate(complain: Complain): string | null {
  const chosen = byId('statement', HTMLSelectElement).value;
  if (chosen !== 'other') return chosen;
  const typed = inputOf('predicate').value.trim();
  return typed === '' ? complain('predicate', 'Enter the predicate type: a URI.') : typed;
}

function readDemand(): Demand | undefined {
  const demand = {
    ...(inputOf('unsafe-sct').checked ? { unsafeNoSct: true } : {}),
    ...(inputOf('unsafe-log').checked ? { unsafeNoLog: true } : {}),
    ...(inputOf('unsafe-time').checked ? { unsafeNoTime: true } : {}),
  };
  return Object.keys(demand).length === 0 ? undefined : demand;
}

/** What an error says, for the middle of a sentence. */
export function reasonOf(error: unknown): string {
  if (!isPackError(error)) return error instanceof Error ? error.message : String(error);
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint.replace(/\.$/, '')}`;
}
