import { derCursor, derError, derTags, type DerNode } from '../../bytes/der-reader.ts';
import { asciiOf, oidOf, utf8Of } from '../../bytes/der-values.ts';

/** A name of whom a certificate was given to. */
export interface AlternativeName {
  /** `other` is the user name of Fulcio; `unknown` is any form that names nobody here. */
  readonly kind: 'email' | 'uri' | 'dns' | 'other' | 'unknown';
  /** Empty where the kind is unknown. */
  readonly value: string;
}

/** The form of names that Fulcio gives to user names (OtherName). */
const fulcioUsername = '1.3.6.1.4.1.57264.1.7';

/** Reads GeneralNames (RFC 5280 section 4.2.1.6); at least one. */
export function alternativeNamesOf({ tag, children }: DerNode): AlternativeName[] {
  if (tag !== derTags.sequence || children.length === 0) throw derError('has malformed alternative names');
  return children.map(alternativeNameOf);
}

function alternativeNameOf(node: DerNode): AlternativeName {
  switch (node.tag) {
    case 0x81:
      return { kind: 'email', value: asciiOf(node.value) };
    case 0x82:
      return { kind: 'dns', value: asciiOf(node.value) };
    case 0x86:
      return { kind: 'uri', value: asciiOf(node.value) };
    case 0xa0:
      return otherNameOf(node);
    // Directory, X.400 and EDI names, IP addresses, registered identifiers.
    case 0xa3:
    case 0xa4:
    case 0xa5:
    case 0x87:
    case 0x88:
      return { kind: 'unknown', value: '' };
    default:
      throw derError('has an alternative name of no kind');
  }
}

function otherNameOf(node: DerNode): AlternativeName {
  const cursor = derCursor(node);
  const type = oidOf(cursor.expect(derTags.oid));
  const wrapper = derCursor(cursor.expect(0xa0));
  cursor.end();
  if (type !== fulcioUsername) return { kind: 'unknown', value: '' };
  const { value } = wrapper.expect(derTags.utf8String);
  wrapper.end();
  return { kind: 'other', value: utf8Of(value) };
}
