import { derElement, derNull, derOid, derSequence } from '../../../bytes/der-writer.ts';
import { authorityConstraints, extendedKeyUsage, keyUsage, nameDer, oids } from '../certificate-extensions.ts';
import { withExtension, type CertificateTemplate, type ExtensionTemplate } from '../certificate-template.ts';
import { changeList, lastBitTurned, setAt } from '../document-edit.ts';
import type { Edit, Edits } from '../edits.ts';
import { faultsOf, type Fault } from '../fault.ts';
import { subjectAltName } from '../fulcio-extensions.ts';
import type { GoodBundleName } from '../good-bundles.ts';
import { concatBytes } from '../../../bytes/stream.ts';
import { toBase64 } from '../../../bytes/encoding.ts';
import type { JsonObject } from '../log-body.ts';

const certified: readonly GoodBundleName[] = ['message', 'message of Rekor v2', 'statement'];
const one: readonly GoodBundleName[] = ['message'];
const chained: readonly GoodBundleName[] = ['message 0.2', 'statement 0.2 of intoto'];

const day = 86_400_000;

function leaf(edit: Edit<CertificateTemplate>): Edits {
  return { leaf: edit };
}

function add(...extensions: readonly ExtensionTemplate[]): Edit<CertificateTemplate> {
  return (template) => ({ ...template, extensions: [...template.extensions, ...extensions] });
}

function replace(oid: string, extension: ExtensionTemplate | undefined): Edit<CertificateTemplate> {
  return (template) => withExtension(template, oid, () => extension);
}

function eachAuthority(edit: Edit<JsonObject>): Edits {
  return { trustRoot: changeList('certificateAuthorities', (items) => items.map((item) => edit(item as JsonObject))) };
}

const noAuthority: Edits = { trustRoot: setAt('certificateAuthorities', []) };

/** Puts the root at the end of the chain that the bundle brings. */
const withRoot: Edits = {
  bundle: (document, { chain }) =>
    changeList('verificationMaterial.x509CertificateChain.certificates', (items) => [
      ...items,
      ...chain.slice(-1).map((der) => ({ rawBytes: toBase64(der) })),
    ])(document),
};

/** The same certificate with its outer length in five octets, where fewer do. */
function longLength(certificate: Uint8Array): Uint8Array {
  const [head = 0, first = 0] = certificate;
  const octets = first < 0x80 ? 1 : first & 0x7f;
  const length = first < 0x80 ? certificate.subarray(1, 2) : certificate.subarray(2, 2 + octets);
  const padded = concatBytes([new Uint8Array(4 - length.length), length]);
  return concatBytes([Uint8Array.of(head, 0x84), padded, certificate.subarray(first < 0x80 ? 2 : 2 + octets)]);
}

const someone = { kind: 'uri', value: 'https://somebody.example/else' } as const;

/** Certificates that nobody believed in may have issued, or that are for something else. */
export const certificateFaults: readonly Fault[] = /* @__PURE__ */ faultsOf('certificates', {
  'authority-unknown': ['The trust root does not know the authority.', [...certified, ...chained], noAuthority],
  'authority-that-the-bundle-brings': [
    'The trust root does not know the authority, and the bundle brings its root.',
    chained,
    { ...noAuthority, ...withRoot },
  ],
  'root-in-the-bundle': ['The bundle brings the root, which no bundle may hold.', chained, withRoot],
  'authority-ended': [
    'The trust root believed the authority no more.',
    certified,
    eachAuthority(setAt('validFor.end', '2024-06-01T00:00:00Z')),
  ],
  'authority-not-begun': [
    'The trust root did not believe the authority yet.',
    certified,
    eachAuthority(setAt('validFor.start', '2026-06-01T00:00:00Z')),
  ],
  'issued-by-another-key': [
    'Another key than that of the authority signed the certificate.',
    certified,
    { issuedBy: (_, { keys }) => keys.stranger },
  ],
  'issuer-is-no-authority': [
    'What issued the certificate is no authority.',
    certified,
    { issuer: replace(oids.basicConstraints, undefined) },
  ],
  'issuer-says-it-is-no-authority': [
    'What issued the certificate says that it is no authority.',
    certified,
    { issuer: replace(oids.basicConstraints, { oid: oids.basicConstraints, critical: true, value: derSequence() }) },
  ],
  'issuer-must-not-sign-certificates': [
    'What issued the certificate may not sign certificates.',
    certified,
    { issuer: replace(oids.keyUsage, keyUsage(0)) },
  ],
  'issuer-for-another-purpose': [
    'What issued the certificate may issue such for another purpose alone.',
    certified,
    { issuer: replace(oids.extendedKeyUsage, extendedKeyUsage([oids.timeStamping])) },
  ],
  'path-too-long': [
    'The root allows no authority below it, and there is one.',
    certified,
    { root: replace(oids.basicConstraints, authorityConstraints(0)) },
  ],
  'root-must-not-sign-certificates': [
    'The root may not sign certificates.',
    one,
    { root: replace(oids.keyUsage, keyUsage(0)) },
  ],
  'purpose-other': [
    'The certificate is for another purpose than signing code.',
    certified,
    leaf(replace(oids.extendedKeyUsage, extendedKeyUsage([oids.serverAuth]))),
  ],
  'purpose-missing': ['The certificate is for no purpose.', certified, leaf(replace(oids.extendedKeyUsage, undefined))],
  'usage-other': ['The key of the certificate may not sign.', certified, leaf(replace(oids.keyUsage, keyUsage(2)))],
  'certificate-of-an-authority': [
    'The certificate that signs is one of an authority.',
    certified,
    leaf(add(authorityConstraints())),
  ],
  'issuer-name-other': [
    'The certificate names another issuer than the one whose key signed it.',
    certified,
    leaf((template) => ({ ...template, issuer: nameDer('two.example', 'intermediate') })),
  ],
  'extension-critical-and-unknown': [
    'The certificate has an extension that must be understood, and nobody does.',
    certified,
    leaf(add({ oid: '1.3.6.1.4.1.99999.1', critical: true, value: derNull() })),
  ],
  'extension-twice': ['The certificate has an extension twice.', one, leaf(add(extendedKeyUsage([oids.codeSigning])))],
  precertificate: [
    'The certificate is one that was never issued: it has the poison of certificate transparency.',
    one,
    leaf(add({ oid: '1.3.6.1.4.1.11129.2.4.3', critical: true, value: derNull() })),
  ],
  'name-missing': ['The certificate names nobody.', certified, leaf(replace(oids.subjectAltName, undefined))],
  'name-empty': [
    'The certificate has an empty list of names.',
    certified,
    leaf(replace(oids.subjectAltName, subjectAltName())),
  ],
  'names-two': [
    'The certificate names somebody else, too.',
    certified,
    leaf((template) =>
      withExtension(template, oids.subjectAltName, (names) => {
        const [, ...contents] = names.value;
        const other = subjectAltName(someone).value.subarray(2);
        // Both lists are shorter than 128 octets or written with one octet of length.
        const own = Uint8Array.from(contents).subarray((contents[0] ?? 0) < 0x80 ? 1 : 2);
        return { ...names, value: derSequence(own, other) };
      }),
    ),
  ],
  'certificate-with-trailing-bytes': [
    'Bytes follow the certificate.',
    one,
    { certificate: (der) => concatBytes([der, Uint8Array.of(0)]) },
  ],
  'certificate-with-a-long-length': [
    'The certificate writes its length in more octets than it needs.',
    one,
    { certificate: longLength },
  ],
  'certificate-changed': ['The signature of the certificate does not hold.', certified, { certificate: lastBitTurned }],
  'serial-negative': [
    'The serial number of the certificate is negative.',
    one,
    leaf((template) => ({ ...template, serial: Uint8Array.of(0x80, 1) })),
  ],
  'serial-too-long': [
    'The serial number of the certificate has 21 octets.',
    one,
    leaf((template) => ({ ...template, serial: new Uint8Array(21).fill(1) })),
  ],
  'serial-not-minimal': [
    'The serial number of the certificate has a zero in front.',
    one,
    leaf((template) => ({ ...template, serial: Uint8Array.of(0, 1) })),
  ],
  'algorithm-inside-other': [
    'The certificate says one algorithm of its signature inside and another one outside.',
    one,
    leaf((template) => ({ ...template, innerAlgorithm: derSequence(derOid('1.2.840.10045.4.3.3')) })),
  ],
  'certificate-ended': [
    'The certificate had ended when it signed.',
    certified,
    leaf((template) => ({ ...template, notBefore: template.notBefore - 2 * day, notAfter: template.notAfter - day })),
  ],
  'certificate-not-begun': [
    'The certificate had not begun when it signed.',
    certified,
    leaf((template) => ({ ...template, notBefore: template.notBefore + 60_000 })),
  ],
  'validity-reversed': [
    'The certificate ends before it begins.',
    one,
    leaf((template) => ({ ...template, notBefore: template.notAfter, notAfter: template.notBefore })),
  ],
  'serial-empty': [
    'The serial number of the certificate has no octets.',
    one,
    leaf((template) => ({ ...template, serial: new Uint8Array(0) })),
  ],
  'subject-key-malformed': [
    'The key of the certificate is no key.',
    one,
    leaf((template) => ({
      ...template,
      publicKey: derSequence(derSequence(derOid('1.2.3')), derElement(0x03, Uint8Array.of(0))),
    })),
  ],
});
