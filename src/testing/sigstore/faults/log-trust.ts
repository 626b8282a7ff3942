import type { JsonValue } from '../../../bytes/json.ts';
import { changeList, removeAt, setAt } from '../document-edit.ts';
import type { Edit } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import type { GoodBundleName } from '../good-bundles.ts';
import type { JsonObject } from '../log-body.ts';

const logged: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'message of a key', 'statement'];
const certified: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'statement'];
const stamped: readonly GoodBundleName[] = ['message of Rekor v2', 'message without log', 'statement of Rekor v2'];
const twofold: readonly GoodBundleName[] = ['message of two operators'];

const entries = 'verificationMaterial.tlogEntries';
const timestamps = 'verificationMaterial.timestampVerificationData.rfc3161Timestamps';

/** Does something to each instance of one kind in the trust root. */
function each(kind: string, change: Edit<JsonObject>): { readonly trustRoot: Edit<JsonObject> } {
  return { trustRoot: changeList(kind, (items) => items.map((item) => change(item as JsonObject))) };
}

/** Leaves out the instances of one operator. */
function without(kind: string, operator = 'one.example'): { readonly trustRoot: Edit<JsonObject> } {
  return {
    trustRoot: changeList(kind, (items) => items.filter((item) => (item as JsonObject)['operator'] !== operator)),
  };
}

const longAgo = '2024-06-01T00:00:00Z';
const later = '2026-06-01T00:00:00Z';
const oneOperator = setAt('operator', 'one.example');

/** Every instance has the key of the next one. */
function keysSwapped(items: readonly JsonValue[]): readonly JsonValue[] {
  return items.map((item, index) => {
    const next = items[index % 2 === 0 ? index + 1 : index - 1] as JsonObject;
    return { ...(item as JsonObject), publicKey: next['publicKey'] ?? {} };
  });
}

/** An entry as a log without promises gives it: nothing authenticates its index. */
function withoutPromise(entry: JsonValue | undefined, logIndex: string): JsonObject {
  return [removeAt('inclusionPromise'), removeAt('integratedTime'), setAt('logIndex', logIndex)].reduce(
    (document, edit) => edit(document),
    entry as JsonObject,
  );
}

/** Logs and authorities that are not believed, or not at that time, or counted once. */
export const logTrustFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('log trust', {
  'log-unknown': ['The trust root does not know the log.', logged, without('tlogs'), ['GHSA-xvrc-2wvh-49vc']],
  'log-key-of-another': [
    'The trust root has another key for the log.',
    logged,
    { trustRoot: changeList('tlogs', keysSwapped) },
    ['GHSA-xvrc-2wvh-49vc'],
  ],
  'log-key-ended': [
    'The key of the log was good no more.',
    logged,
    each('tlogs', setAt('publicKey.validFor.end', longAgo)),
  ],
  'log-key-not-begun': [
    'The key of the log was not good yet.',
    logged,
    each('tlogs', setAt('publicKey.validFor.start', later)),
  ],
  'log-key-without-start': [
    'The trust root does not say since when the key of the log is good.',
    logged,
    each('tlogs', removeAt('publicKey.validFor.start')),
  ],
  'log-key-of-unknown-details': [
    'The trust root has a kind of key for the log that nobody knows.',
    logged,
    each('tlogs', setAt('publicKey.keyDetails', 'PKIX_OF_TOMORROW')),
  ],
  'ct-log-unknown': ['The trust root does not know the CT log.', certified, without('ctlogs')],
  'ct-log-key-of-another': [
    'The trust root has another key for the CT log.',
    certified,
    { trustRoot: changeList('ctlogs', keysSwapped) },
  ],
  'ct-log-key-ended': [
    'The key of the CT log was good no more.',
    certified,
    each('ctlogs', setAt('publicKey.validFor.end', longAgo)),
  ],
  'ct-log-key-not-begun': [
    'The key of the CT log was not good yet.',
    certified,
    each('ctlogs', setAt('publicKey.validFor.start', later)),
  ],
  'ct-log-key-without-start': [
    'The trust root does not say since when the key of the CT log is good.',
    certified,
    each('ctlogs', removeAt('publicKey.validFor.start')),
  ],
  'timestamp-authority-unknown': [
    'The trust root does not know the timestamp authority.',
    stamped,
    without('timestampAuthorities'),
  ],
  'timestamp-authority-ended': [
    'The timestamp authority was good no more.',
    stamped,
    each('timestampAuthorities', setAt('validFor.end', longAgo)),
  ],
  'timestamp-authority-not-begun': [
    'The timestamp authority was not good yet.',
    stamped,
    each('timestampAuthorities', setAt('validFor.start', later)),
  ],
  'timestamp-authority-without-start': [
    'The trust root does not say since when the timestamp authority is good.',
    stamped,
    each('timestampAuthorities', removeAt('validFor.start')),
  ],
  'logs-of-one-operator': [
    'Two logs are asked for, and one operator runs both.',
    twofold,
    each('tlogs', oneOperator),
    ['GHSA-9vcr-p3rj-q5q6'],
  ],
  'ct-logs-of-one-operator': [
    'Two CT logs are asked for, and one operator runs both.',
    twofold,
    each('ctlogs', oneOperator),
  ],
  'timestamp-authorities-of-one-operator': [
    'Two timestamp authorities are asked for, and one operator runs both.',
    twofold,
    each('timestampAuthorities', oneOperator),
  ],
  'entry-twice': [
    'Two logs are asked for, and the bundle has an entry of one of them twice.',
    twofold,
    { bundle: changeList(entries, ([one]) => [one ?? '', one ?? '']) },
    ['GHSA-9vcr-p3rj-q5q6'],
  ],
  'entry-twice-under-two-indices': [
    'Two logs are asked for, and the bundle has an entry of one of them twice, under an index that nobody vouches for.',
    twofold,
    { bundle: changeList(entries, ([one]) => [withoutPromise(one, '7'), withoutPromise(one, '8')]) },
    ['GHSA-9vcr-p3rj-q5q6'],
  ],
  'sct-twice': [
    'Two CT logs are asked for, and the certificate has a timestamp of one of them twice.',
    twofold,
    { scts: ([one]) => (one === undefined ? [] : [one, one]) },
  ],
  'timestamp-twice': [
    'Two timestamp authorities are asked for, and the bundle has a timestamp of one of them twice.',
    twofold,
    { bundle: changeList(timestamps, ([one]) => [one ?? '', one ?? '']) },
  ],
  'timestamps-of-one-authority': [
    'Two timestamp authorities are asked for, and one of them gave both timestamps.',
    twofold,
    { timestamps: ([one]) => (one === undefined ? [] : [one, { ...one, serial: 77, genTime: one.genTime + 1000 }]) },
  ],
  'entries-beyond-the-limit': [
    'The bundle has 33 log entries.',
    ['message'],
    { bundle: changeList(entries, ([one]) => Array.from({ length: 33 }, () => one ?? '')) },
    ['GHSA-cq38-jh5f-37mq'],
  ],
  'timestamps-beyond-the-limit': [
    'The bundle has 33 timestamps.',
    ['message of Rekor v2'],
    { bundle: changeList(timestamps, ([one]) => Array.from({ length: 33 }, () => one ?? '')) },
    ['GHSA-cq38-jh5f-37mq'],
  ],
});
