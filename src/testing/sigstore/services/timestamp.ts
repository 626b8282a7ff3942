import { derCursor, derTags, readDer } from '../../../bytes/der-reader.ts';
import { fromBase64 } from '../../../bytes/encoding.ts';
import type { JsonValue } from '../../../bytes/json.ts';
import { integerOf } from '../../../bytes/der-values.ts';
import { hashAlgorithmOf } from '../../../verify/crypto/signature-algorithm.ts';
import { openSigning } from '../sign-bundle.ts';
import type { Inside } from '../test-sigstore.ts';
import { timestampContentType, timestampOf, type TimestampTemplate } from '../timestamp-authority.ts';
import type { TimestampAuthority } from '../world.ts';
import { bodyOf, refusal, textAt, type Handler } from './answers.ts';

/** A timestamp authority: DER in, DER out (RFC 3161 section 3.4), and JSON in as Sigstore's own takes it. */
export function timestampHandler({ world, clock }: Inside, { signer }: TimestampAuthority): Handler {
  let serial = 0;
  return async (request) => {
    const asked = await askedOf(request);
    if (asked === undefined) return refusal(400, 'invalid request');
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

type Asked = Pick<TimestampTemplate, 'imprint' | 'imprintAlgorithm' | 'nonce'>;

async function askedOf(request: Request): Promise<Asked | undefined> {
  const type = request.headers.get('content-type');
  if (type === 'application/timestamp-query') return readQuery(new Uint8Array(await request.arrayBuffer()));
  return type === 'application/json' ? readJson(await bodyOf(request)) : undefined;
}

/** Sigstore's own form has no nonce where the client gives none. */
function readJson(body: JsonValue): Asked | undefined {
  const imprint = fromBase64(textAt(body, 'artifactHash'));
  return textAt(body, 'hashAlgorithm') === 'sha256' ? { imprint, imprintAlgorithm: 'sha256' } : undefined;
}

function readQuery(der: Uint8Array): Asked {
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
