import { parseJson, type JsonValue } from '../../bytes/json.ts';
import { FormatError } from '../../errors.ts';
import type { SignResult } from '../../pack/sign-options.ts';
import { textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { targetLocation } from '../open-location.ts';
import { readDocument } from '../read-document.ts';
import { commandService } from '../service.ts';
import { signingFlags, signingOptions, withSigner, type SigningFlags } from '../signing-flags.ts';

/** What `packwright attest` takes. */
export interface AttestCommandOptions extends SigningFlags {
  readonly reference: string;
  /** A file with an object of JSON. */
  readonly predicate: string;
  /** A name of cosign's (`slsaprovenance1`, `spdx`, `cyclonedx`), or a URI. */
  readonly type: string;
}

const maxPredicateBytes = 16 * 1024 * 1024;

/**
 * Signs a statement about a pack, with a key or for whoever an identity token is of, and attaches it.
 *
 * @throws FormatError `ERR_JSON_INVALID` for a predicate that is no object of JSON; else as `signCommand` does.
 */
export async function attestCommand(options: AttestCommandOptions, context: CommandContext): Promise<SignResult> {
  const { reference, type: predicateType, platform, recursive, format, ifAbsent } = options;
  const location = await targetLocation(reference, context);
  const predicate = await predicateFile(options.predicate, context);
  const own = { ...context.operation, platform, recursive, format, ifAbsent };
  return withSigner(options, context, (signer) =>
    commandService(context).attest(location, { predicateType, predicate }, signer, own),
  );
}

async function predicateFile(path: string, context: CommandContext): Promise<object> {
  const value: JsonValue = parseJson(await readDocument(path, maxPredicateBytes, context));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new FormatError('ERR_JSON_INVALID', `predicate in ${JSON.stringify(path)} is no object`);
}

/** `packwright attest`. */
export const attestSpec: CommandSpec = {
  name: 'attest',
  summary: 'sign a statement about a pack, and attach it',
  arguments: [{ name: 'ref', summary: 'the pack' }],
  flags: [
    { flags: '--predicate <file>', summary: 'what is stated, in JSON', required: true },
    { flags: '--type <type>', summary: 'what it is (slsaprovenance1, spdx, …, or a URI)', required: true },
    ...signingFlags,
  ],
  registries: true,
  examples: [
    'packwright attest registry.example/app:1.0 --predicate sbom.json --type cyclonedx --key cosign.key --no-log',
  ],
  async run([reference = ''], flags, context) {
    const predicate = textFlag(flags, 'predicate') ?? '';
    const type = textFlag(flags, 'type') ?? '';
    const { signingOutput } = await import('../signing-output.ts');
    return signingOutput(await attestCommand({ reference, predicate, type, ...signingOptions(flags) }, context));
  },
};
