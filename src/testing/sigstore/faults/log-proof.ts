import { toBase64 } from '../../../bytes/encoding.ts';
import { checkpointOf, type CheckpointTemplate } from '../checkpoint.ts';
import { changeAt, changeBytes, changeList, inOrder, lastBitTurned, removeAt, setAt } from '../document-edit.ts';
import type { Edit, Workshop } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import type { GoodBundleName } from '../good-bundles.ts';
import { hashOf } from '../hash-of.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import type { JsonObject } from '../log-body.ts';

const proven: readonly GoodBundleName[] = [
  'message',
  'message 0.1',
  'message of Rekor v2',
  'message of a key',
  'statement',
];
const promised: readonly GoodBundleName[] = ['message', 'message 0.1', 'message of a key', 'statement'];
const newer: readonly GoodBundleName[] = [
  'message',
  'message 0.2',
  'message of Rekor v2',
  'message of a key',
  'statement',
];
const cosigned: readonly GoodBundleName[] = ['message cosigned'];

const entry = 'verificationMaterial.tlogEntries.0';
const proof = `${entry}.inclusionProof`;

function checkpoint(edit: Edit<CheckpointTemplate>): { readonly checkpoint: Edit<CheckpointTemplate> } {
  return { checkpoint: edit };
}

/** Changes what signs for the log; witnesses stay. */
function logSigner(
  change: (signer: CheckpointTemplate['signers'][number]) => Partial<typeof signer>,
): Edit<CheckpointTemplate> {
  return ({ signers: [log, ...witnesses], ...rest }) => {
    return { ...rest, signers: log === undefined ? witnesses : [{ ...log, ...change(log) }, ...witnesses] };
  };
}

/** What whoever has no log makes for himself: a tree whose one leaf is this entry. */
async function ownTree(document: JsonObject): Promise<JsonObject> {
  let body = new Uint8Array(0);
  changeBytes(`${entry}.canonicalizedBody`, (bytes) => (body = Uint8Array.from(bytes)))(document);
  const rootHash = toBase64(await hashOf(concatBytes([Uint8Array.of(0), body])));
  const alone = { logIndex: '0', treeSize: '1', rootHash, hashes: [] };
  return changeAt(proof, (old) => ({ ...(old as JsonObject), ...alone }))(document);
}

/** The same, with a checkpoint under the log's name and key id that somebody else signed. */
async function ownCheckpoint(document: JsonObject, { keys }: Workshop): Promise<JsonObject> {
  const tree = await ownTree(document);
  let note = '';
  changeAt(`${proof}.checkpoint.envelope`, (text) => (note = text as string))(tree);
  const [origin = '', , , , line = ''] = note.split('\n');
  const [, name = '', blob = ''] = line.split(' ');
  const keyId = Uint8Array.from(atob(blob), (letter) => letter.charCodeAt(0));
  let root = new Uint8Array(0);
  changeBytes(`${proof}.rootHash`, (bytes) => (root = Uint8Array.from(bytes)))(tree);
  const signers = [{ name, keyId, key: keys.stranger }];
  const envelope = await checkpointOf({ origin, size: '1', root, extensionLines: [], signers });
  return setAt(`${proof}.checkpoint.envelope`, envelope)(tree);
}

/** Proofs, checkpoints and promises that do not hold. */
export const logProofFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('log binding', {
  'neither-promise-nor-proof': [
    'Nothing shows that the log holds the entry.',
    proven,
    { bundle: inOrder(removeAt(`${entry}.inclusionPromise`), removeAt(proof)) },
  ],
  'proof-without-checkpoint': [
    'No log signed the root that the inclusion proof leads to.',
    newer,
    { bundle: removeAt(`${proof}.checkpoint`) },
  ],
  'checkpoint-empty': [
    'The checkpoint is an empty text.',
    newer,
    { bundle: setAt(`${proof}.checkpoint.envelope`, '') },
  ],
  'tree-of-one-leaf': [
    'The proof is of a tree of this entry alone, beside a good checkpoint of another tree.',
    proven,
    { bundle: ownTree },
  ],
  'tree-and-checkpoint-of-ones-own': [
    'Tree and checkpoint are made by somebody who is not the log.',
    proven,
    { bundle: ownCheckpoint },
  ],
  'checkpoint-of-another-origin': [
    'The log signed a checkpoint of another log.',
    proven,
    checkpoint((template) => ({ ...template, origin: 'rekor.elsewhere.example' })),
  ],
  'checkpoint-of-another-name': [
    'The signature of the checkpoint is under the name of another log.',
    proven,
    checkpoint(logSigner(() => ({ name: 'rekor.elsewhere.example' }))),
  ],
  'checkpoint-of-another-key-id': [
    'The signature of the checkpoint is under the id of another key.',
    proven,
    checkpoint(logSigner(({ keyId }) => ({ keyId: keyId.map((byte) => byte ^ 0xff) }))),
  ],
  'checkpoint-size-with-sign': [
    'The checkpoint writes its size with a sign.',
    proven,
    checkpoint((template) => ({ ...template, size: `+${template.size}` })),
  ],
  'checkpoint-size-with-zeros': [
    'The checkpoint writes its size with zeros in front.',
    proven,
    checkpoint((template) => ({ ...template, size: `00${template.size}` })),
  ],
  'checkpoint-of-another-size': [
    'The checkpoint is of a larger tree than the proof.',
    proven,
    checkpoint((template) => ({ ...template, size: `${Number(template.size) + 1}` })),
  ],
  'checkpoint-of-another-root': [
    'The checkpoint is of another tree than the proof.',
    proven,
    checkpoint((template) => ({ ...template, root: lastBitTurned(template.root) })),
  ],
  'checkpoint-of-another-log': [
    'Another log of the trust root signed the checkpoint, under the name and key id of this one.',
    proven,
    {
      checkpoint: (template, { keys }) =>
        logSigner(({ key }) => ({ key: key === keys.log ? keys.secondLog : keys.secondLogV2 }))(template),
    },
  ],
  'checkpoint-of-witnesses-alone': [
    'Witnesses cosigned the checkpoint, and the log did not sign it.',
    cosigned,
    checkpoint((template) => ({ ...template, signers: template.signers.slice(1) })),
  ],
  'checkpoint-unsigned': [
    'Nobody signed the checkpoint.',
    proven,
    checkpoint((template) => ({ ...template, signers: [] })),
  ],
  'checkpoint-changed': [
    'The checkpoint has one more line than the log signed.',
    proven,
    { bundle: changeAt(`${proof}.checkpoint.envelope`, (text) => (text as string).replace('\n\n', '\nline\n\n')) },
  ],
  'proof-index-beyond-the-tree': [
    'The index of the proof is the size of its tree.',
    proven,
    { bundle: changeAt(proof, (old) => ({ ...(old as JsonObject), logIndex: (old as JsonObject)['treeSize'] ?? '' })) },
  ],
  'proof-of-another-index': [
    'The proof is of the entry before this one.',
    proven,
    { bundle: changeAt(`${proof}.logIndex`, (index) => `${Number(index) - 1}`) },
  ],
  'proof-with-another-hash': [
    'The proof has one hash too many.',
    proven,
    { bundle: changeList(`${proof}.hashes`, (hashes) => [...hashes, ...hashes.slice(0, 1)]) },
  ],
  'proof-with-a-hash-less': [
    'The proof lacks its last hash.',
    proven,
    { bundle: changeList(`${proof}.hashes`, (hashes) => hashes.slice(0, -1)) },
  ],
  'proof-with-a-wrong-hash': [
    'The proof has one hash of another tree.',
    proven,
    { bundle: changeBytes(`${proof}.hashes.0`, lastBitTurned) },
  ],
  'proof-of-an-empty-tree': [
    'The proof says that its tree is empty.',
    proven,
    { bundle: setAt(`${proof}.treeSize`, '0') },
  ],
  'proof-of-another-root': [
    'The proof says another root than its checkpoint.',
    proven,
    { bundle: changeBytes(`${proof}.rootHash`, lastBitTurned) },
  ],
  'promise-that-does-not-hold': [
    'The log did not sign its promise.',
    promised,
    { bundle: changeBytes(`${entry}.inclusionPromise.signedEntryTimestamp`, lastBitTurned) },
  ],
  'promise-of-another-index': [
    'The promise is for another index of the log.',
    promised,
    { bundle: changeAt(`${entry}.logIndex`, (index) => `${Number(index) + 1}`) },
  ],
  'entry-of-another-log': [
    'The bundle says that the entry is in another log, which the trust root knows.',
    promised,
    {
      bundle: async (document, { keys }) =>
        setAt(`${entry}.logId.keyId`, toBase64(await hashOf(keys.secondLog.publicKey)))(document),
    },
  ],
});
