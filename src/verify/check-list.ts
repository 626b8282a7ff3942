import type { JsonValue } from '../bytes/json.ts';
import { isPackError, type PackError } from '../errors.ts';
import type { Check, CheckName } from './report.ts';

/** What a step found: a fact for the steps behind it, and what to say of it. */
export interface Finding<T> {
  readonly fact: T;
  readonly message: string;
  readonly data?: Readonly<Record<string, JsonValue>>;
}

/** The checks of one bundle, as they are made. */
export interface CheckList {
  readonly checks: readonly Check[];
  /** The first check that failed. */
  readonly failed: Check | undefined;
  /** Does a step and notes what came of it. The fact is undefined where there is none. */
  look<T>(name: CheckName, step: () => Finding<T> | Promise<Finding<T>>): Promise<T | undefined>;
  /** Notes that a step was not done, and why. */
  skip(name: CheckName, message: string): void;
}

/** What each check follows, in the order in which they are made. */
const specs: Readonly<Record<CheckName, string>> = {
  bundle: 'Sigstore bundle format',
  artifact: 'Sigstore client spec 4.5; in-toto DigestSet',
  timestamp: 'Sigstore client spec 4.2.1; RFC 3161',
  time: 'Sigstore client spec 4.2',
  certificate: 'Sigstore client spec 4.3; RFC 5280 section 6',
  sct: 'Sigstore client spec 4.3; RFC 6962 section 3.2',
  signature: 'Sigstore client spec 4.5',
  log: 'Sigstore client spec 4.4; RFC 6962 section 2.1.1',
  signer: 'Sigstore client spec 4.3',
  predicate: 'in-toto attestation v1, Validation Model',
  provenance: 'SLSA v1.2, Verifying artifacts',
};

/** Notes every step that nobody came to. */
export function skipTheRest(list: CheckList, message: string): void {
  const done = new Set(list.checks.map(({ name }) => name));
  for (const name of Object.keys(specs) as CheckName[]) if (!done.has(name)) list.skip(name, message);
}

/** Evidence by somebody whom nobody trusts here counts for nothing, and does no harm. */
const ignored: readonly string[] = ['ERR_LOG_UNTRUSTED', 'ERR_TIMESTAMP_UNTRUSTED'];

/**
 * An empty list. Errors of packwright become checks that failed; any other error is a fault of ours or of the platform,
 * says nothing of the bundle, and is thrown on.
 */
export function checkList(): CheckList {
  const checks: Check[] = [];
  return {
    checks,
    get failed() {
      return checks.find(({ outcome }) => outcome === 'failed');
    },
    async look(name, step) {
      try {
        const { fact, message, data = {} } = await step();
        checks.push({ name, outcome: 'passed', message, spec: specs[name], data });
        return fact;
      } catch (error) {
        if (!isPackError(error)) throw error;
        checks.push(unsuccessful(name, error));
        return undefined;
      }
    },
    skip(name, message) {
      checks.push({ name, outcome: 'not-checked', message, spec: specs[name], data: {} });
    },
  };
}

function unsuccessful(name: CheckName, error: PackError): Check {
  const { code, message } = error;
  const data = error.details as Readonly<Record<string, JsonValue>>;
  return { name, outcome: ignored.includes(code) ? 'ignored' : 'failed', code, message, spec: specs[name], data };
}
