/** What a dropped file is taken for. */
export type FileKind = 'artifact' | 'bundle' | 'archive' | 'policy' | 'trust-root' | 'key-file';

/** No document that is looked into has more. */
const maxDocument = 16 * 1024 * 1024;

/** Finds out from its content what a file is. What is nothing else is what was signed. */
export async function kindOf(file: File): Promise<FileKind> {
  const start = await file.slice(0, blockSize).text();
  if (start.startsWith('-----BEGIN PUBLIC KEY-----')) return 'key-file';
  if (start.slice(257, 262) === 'ustar') return isLayoutMember(start) ? 'archive' : 'artifact';
  if (!start.trimStart().startsWith('{') || file.size > maxDocument) return 'artifact';
  return documentKind(await file.text());
}

const blockSize = 512;

/** A tar by oras, skopeo or packwright has a part of the layout in front. */
function isLayoutMember(header: string): boolean {
  return /^(\.\/)?(oci-layout|index\.json|blobs)(\/|\0)/.test(header);
}

function documentKind(text: string): FileKind {
  const [line = ''] = text.trimStart().split('\n', 1);
  const document = jsonObject(text) ?? jsonObject(line) ?? {};
  const { mediaType = '' } = document;
  if ('verificationMaterial' in document || /vnd\.dev\.sigstore\.bundle/.test(String(mediaType))) return 'bundle';
  if ('tlogs' in document && 'certificateAuthorities' in document) return 'trust-root';
  if (/vnd\.dev\.sigstore\.trustedroot/.test(String(mediaType))) return 'trust-root';
  return 'signers' in document && 'version' in document ? 'policy' : 'artifact';
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
