import { cosignTag } from '../../../oci/cosign-tag.ts';
import type { Descriptor } from '../../../oci/descriptor.ts';
import type { LayoutIndex } from './index-document.ts';

/** What `cosign save` says of an entry, in place of a name: the member `kind` of its annotations. */
const kinds = {
  image: 'dev.cosignproject.cosign/image',
  index: 'dev.cosignproject.cosign/imageIndex',
  signatures: 'dev.cosignproject.cosign/sigs',
  attestations: 'dev.cosignproject.cosign/atts',
} as const;

/** What follows the digest in the tags that cosign 2 gives to these in a registry. */
const suffixes: Readonly<Record<string, 'sig' | 'att'>> = { [kinds.signatures]: 'sig', [kinds.attestations]: 'att' };

/** The suffix of what cosign 2 signed, where an entry is that: `sig` or `att`. */
export function savedSuffix({ annotations }: Descriptor): 'sig' | 'att' | undefined {
  return suffixes[annotations?.['kind'] ?? ''];
}

/** The manifest that `cosign save` wrote a layout for: there is one. undefined for layouts of others. */
export function savedSubject({ manifests }: LayoutIndex): Descriptor | undefined {
  const [only, ...others] = manifests.filter(({ annotations }) => {
    const kind = annotations?.['kind'];
    return kind === kinds.image || kind === kinds.index;
  });
  return others.length === 0 ? only : undefined;
}

/** The tag that an entry had before `cosign save` left it out: that of signatures or attestations of cosign 2. */
export function savedTag(index: LayoutIndex, entry: Descriptor): string | undefined {
  const suffix = savedSuffix(entry);
  if (suffix === undefined) return undefined;
  const subject = savedSubject(index);
  return subject && cosignTag(subject.digest, suffix);
}
