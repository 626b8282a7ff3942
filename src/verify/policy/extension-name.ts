import { fulcioExtensionNames } from '../certificate/fulcio-extensions.ts';

const arc = /^1\.3\.6\.1\.4\.1\.57264\.1\.([1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,9})){0,8}$/;
/** Those of the issuer have a rule of their own; a name is no text. */
const elsewhere = ['1', '7', '8'];

/** The name that an extension of Fulcio has in a report, from its name or object identifier; undefined for no such. */
export function extensionName(text: string): string | undefined {
  if (Object.values(fulcioExtensionNames).includes(text)) return text;
  const [, number = ''] = arc.exec(text) ?? [];
  if (number === '' || elsewhere.includes(number)) return undefined;
  return Object.hasOwn(fulcioExtensionNames, text) ? fulcioExtensionNames[text] : text;
}
