import { derCursor, derTags, readDer } from '../../../bytes/der-reader.ts';
import { integerOf } from '../../../bytes/der-values.ts';
import { hashAlgorithmOf } from '../../../verify/crypto/signature-algorithm.ts';
import { openSigning } from '../sign-bundle.ts';
import type { Inside } from '../test-sigstore.ts';
import { timestampContentType, timestampOf, type TimestampTemplate } from '../timestamp-authority.ts';
import type { TimestampAuthority } from '../world.ts';
import { refusal, type Handler } from './answers.ts';

/** A timestamp authority: DER in, DER out (RFC 3161 section 3.4). */
export function timestampHandler({ world, clock }: Inside, { signer }: TimestampAuthority): Handler {
  let serial = 0;
  return async (request) => {
    if (request.headers.get('content-type') !== 'application/timestamp-query') return refusal(400, 'invalid request');
    const asked = readQuery(new Uint8Array(await request.arrayBuffer()));
    serial += 1;
    const good: TimestampTemplate = {
      ...asked,
      status: 0,
      contentType: timestampContentType,
      policy: '1.3.6.1.4.1.57264.2',
      imprintOf: unknown,
      serial,
      genTime: clock(),
      embedded: [signer.certificate],
      signer,
      boundTo: signer.certificate,
    };
    const { workshop } = openSigning(world, { artifact: new Uint8Array() }, clock());
    const [edited = good] = (await world.edits.timestamps?.([good], workshop)) ?? [];
    // An edit that stamps something else means it.
    const template = edited.imprintOf === unknown ? edited : { ...edited, imprint: undefined };
    const headers = { 'content-type': 'application/timestamp-reply' };
    return new Response(await timestampOf(template), { status: 201, headers });
  };
}

/** Stands for what is stamped, of which the authority sees the hash alone. */
const unknown = /* @__PURE__ */ new Uint8Array(0);

function readQuery(der: Uint8Array): Pick<TimestampTemplate, 'imprint' | 'imprintAlgorithm' | 'nonce'> {
  const query = derCursor(readDer(der, derTags.sequence));
  query.expect(derTags.integer);
  const imprint = derCursor(query.expect(derTags.sequence));
  const imprintAlgorithm = hashAlgorithmOf(imprint.expect(derTags.sequence));
  const nonce = query.optional(derTags.integer);
  return {
    imprintAlgorithm,
    imprint: imprint.expect(derTags.octetString).value,
    nonce: nonce === undefined ? undefined : integerOf(nonce),
  };
}
