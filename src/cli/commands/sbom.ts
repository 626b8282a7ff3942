import { bytesSource } from '../../bytes/source.ts';
import type { SbomFormat } from '../../attest/sbom.ts';
import type { Digest } from '../../digest/index.ts';
import type { Descriptor } from '../../oci/index.ts';
import type { PackLocation } from '../../pack/pack-location.ts';
import type { PackSbom } from '../../pack/sbom.ts';
import { formatReference, parseReference } from '../../oci/index.ts';
import { switchFlag, textFlag, type CommandSpec } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { sourceLocation, targetLocation } from '../open-location.ts';
import { commandService } from '../service.ts';

/** What `packwright sbom` takes. */
export interface SbomCommandOptions {
  readonly reference: string;
  readonly format: SbomFormat;
  /** Looks into an index: `os/architecture[/variant]`. */
  readonly platform?: string | undefined;
  /** Attaches it to the pack, unsigned. */
  readonly attach?: boolean | undefined;
}

/** A bill of materials, and what it was attached as. */
export interface SbomCommandResult extends PackSbom {
  readonly referrer?: Descriptor | undefined;
}

/** Builds the bill of materials of a pack from its lock, and attaches it where that is asked for. */
export async function sbomCommand(options: SbomCommandOptions, context: CommandContext): Promise<SbomCommandResult> {
  const { reference, format, platform, attach = false } = options;
  const open = attach ? targetLocation : sourceLocation;
  const location = await open(reference, context);
  const service = commandService(context);
  const sbom = await service.sbom(location, { format, platform, ...context.operation });
  if (!attach) return sbom;
  const { mediaType, bytes, subject } = sbom;
  const files = [{ path: fileNames[format], source: bytesSource(bytes), mediaType }];
  // By digest: a tag may have moved since the lock was read.
  const to = pinned(location, subject.digest);
  const { descriptor } = await service.attach(to, { files, artifactType: mediaType }, context.operation);
  return { ...sbom, referrer: descriptor };
}

/** The names that the two projects tell their documents by. */
const fileNames: Readonly<Record<SbomFormat, string>> = { cyclonedx: 'bom.cdx.json', spdx: 'bom.spdx.json' };

function pinned(location: PackLocation, digest: Digest): PackLocation {
  if (typeof location !== 'string') return { ...location, reference: digest };
  return formatReference({ ...parseReference(location), tag: undefined, digest });
}

/** `packwright sbom`. */
export const sbomSpec: CommandSpec = {
  name: 'sbom',
  summary: 'print the bill of materials of a pack, or attach it',
  arguments: [{ name: 'ref', summary: 'a pack of a lockfile' }],
  flags: [
    {
      flags: '--format <format>',
      summary: 'cyclonedx (1.6) or spdx (2.3), as JSON',
      kind: 'choice',
      choices: ['cyclonedx', 'spdx'],
      required: true,
    },
    { flags: '--platform <platform>', summary: 'the manifest for os/architecture[/variant] in an index' },
    { flags: '--attach', summary: 'attach it to the pack, unsigned, and print the digest', kind: 'switch' },
  ],
  registries: true,
  examples: [
    'packwright sbom oci:packs:1.0 --format cyclonedx > bom.cdx.json',
    'packwright sbom oci:packs:1.0 --format spdx --attach',
    'packwright attest oci:packs:1.0 --predicate bom.cdx.json --type cyclonedx --key cosign.key --no-log',
  ],
  async run([reference = ''], flags, context) {
    const format = textFlag(flags, 'format') as SbomFormat;
    const attach = switchFlag(flags, 'attach');
    const found = await sbomCommand({ reference, format, attach, platform: textFlag(flags, 'platform') }, context);
    const { bytes, ...json } = found;
    return { json, text: found.referrer === undefined ? bytes : `${found.referrer.digest}\n` };
  },
};
