import type { SignResult } from '../../pack/sign-options.ts';
import { readAnnotations } from '../annotations.ts';
import { listFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { targetLocation } from '../open-location.ts';
import { commandService } from '../service.ts';
import { signingFlags, signingOptions, withSigner, type SigningFlags } from '../signing-flags.ts';

/** What `packwright sign` takes. */
export interface SignCommandOptions extends SigningFlags {
  readonly reference: string;
  /** `KEY=VALUE`, signed along. */
  readonly annotations?: readonly string[] | undefined;
}

/**
 * Signs a pack, with a key or for whoever an identity token is of, and attaches the signature.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for flags that do not go together; SigningError; else as the service's `sign`.
 */
export async function signCommand(options: SignCommandOptions, context: CommandContext): Promise<SignResult> {
  const { reference, platform, recursive, format, ifAbsent } = options;
  const location = await targetLocation(reference, context);
  const { $manifest: annotations } = await readAnnotations(options.annotations, undefined, context);
  const own = { ...context.operation, platform, recursive, format, ifAbsent, annotations };
  return withSigner(options, context, (signer) => commandService(context).sign(location, signer, own));
}

/** `packwright sign`. */
export const signSpec: CommandSpec = {
  name: 'sign',
  summary: 'sign a pack, and attach the signature',
  arguments: [{ name: 'ref', summary: 'the pack' }],
  flags: [
    ...signingFlags,
    { flags: '-a, --annotation <key=value>', summary: 'signed along; may be given again', kind: 'many' },
  ],
  registries: true,
  examples: [
    'packwright sign registry.example/app:1.0 --key cosign.key --no-log',
    'packwright sign registry.example/app:1.0 --identity-token token.jwt --signing-config signing_config.json --trusted-root trusted_root.json',
  ],
  async run([reference = ''], flags, context) {
    const annotations = listFlag(flags, 'annotation');
    const { signingOutput } = await import('../signing-output.ts');
    return signingOutput(await signCommand({ reference, ...signingOptions(flags), annotations }, context));
  },
};
