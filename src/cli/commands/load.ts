import type { CommandSpec } from '../command.ts';

/** Where each command is. A command line loads its own and no other: that is half of what a short one takes. */
const places: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  pack: async () => (await import('./pack.ts')).packSpec,
  push: async () => (await import('./transfer.ts')).pushSpec,
  pull: async () => (await import('./transfer.ts')).pullSpec,
  copy: async () => (await import('./transfer.ts')).copySpec,
  unpack: async () => (await import('./unpack.ts')).unpackSpec,
  extract: async () => (await import('./extract.ts')).extractSpec,
  inspect: async () => (await import('./inspect.ts')).inspectSpec,
  resolve: async () => (await import('./resolve.ts')).resolveSpec,
  diff: async () => (await import('./resolve.ts')).diffSpec,
  sign: async () => (await import('./sign.ts')).signSpec,
  attest: async () => (await import('./attest.ts')).attestSpec,
  verify: async () => (await import('./verify.ts')).verifySpec,
  sbom: async () => (await import('./sbom.ts')).sbomSpec,
  tags: async () => (await import('./tags.ts')).tagsSpec,
  tag: async () => (await import('./tags.ts')).tagSpec,
  delete: async () => (await import('./tags.ts')).deleteSpec,
  referrers: async () => (await import('./referrers.ts')).referrersSpec,
  attach: async () => (await import('./referrers.ts')).attachSpec,
  export: async () => (await import('./move-archive.ts')).exportSpec,
  import: async () => (await import('./move-archive.ts')).importSpec,
  keys: async () => (await import('./keys.ts')).keysSpec,
  login: async () => (await import('./login.ts')).loginSpec,
  logout: async () => (await import('./login.ts')).logoutSpec,
  migrate: async () => (await import('./migrate.ts')).migrateSpec,
  gc: async () => (await import('./gc.ts')).gcSpec,
  audit: async () => (await import('./audit.ts')).auditSpec,
  serve: async () => (await import('./serve.ts')).serveSpec,
};

/** The command of that name; all of them where none has it, for the help and for what is close to it. */
export async function loadCommands(name: string | undefined): Promise<readonly CommandSpec[]> {
  const place = name !== undefined && Object.hasOwn(places, name) ? places[name] : undefined;
  if (place !== undefined) return [await place()];
  return (await import('./index.ts')).commands;
}
