/**
 * The `packwright` command as functions: each takes typed options and a context, and gives a typed result. Nothing here
 * looks at the process, so that another command line can mount them.
 *
 * @module
 */
export type { AskOptions, CommandContext, CommandInput } from './context.ts';
export type { CommandOutput, CommandSpec, FlagSpec, FlagValues, ArgumentSpec } from './command.ts';
export { commands } from './commands/index.ts';
export { auditCommand, type AuditCommandOptions } from './commands/audit.ts';
export {
  copyCommand,
  pullCommand,
  pushCommand,
  type CopyCommandOptions,
  type CopyCommandResult,
} from './commands/copy.ts';
export { extractCommand, type ExtractCommandOptions } from './commands/extract.ts';
export { gcCommand, type GcCommandOptions, type GcCommandReport } from './commands/gc.ts';
export { migrateCommand, type MigrateCommandOptions } from './commands/migrate.ts';
export { inspectCommand, type InspectCommandOptions } from './commands/inspect.ts';
export {
  generateKeysCommand,
  importKeyCommand,
  publicKeyCommand,
  type GenerateKeysCommandOptions,
  type ImportKeyCommandOptions,
  type KeyFileAlgorithm,
  type PublicKeyCommandResult,
} from './commands/keys.ts';
export {
  loginCommand,
  logoutCommand,
  type LoginCommandOptions,
  type LoginCommandResult,
  type LogoutCommandResult,
} from './commands/login.ts';
export {
  exportCommand,
  importCommand,
  type ExportCommandOptions,
  type ImportCommandOptions,
} from './commands/move-archive.ts';
export { attestCommand, type AttestCommandOptions } from './commands/attest.ts';
export type { SigningFlags } from './signing-flags.ts';
export { packCommand, type PackCommandOptions, type PackCommandResult } from './commands/pack.ts';
export { attachCommand, referrersCommand, type AttachCommandOptions } from './commands/referrers.ts';
export { diffCommand, resolveCommand } from './commands/resolve.ts';
export { sbomCommand, type SbomCommandOptions, type SbomCommandResult } from './commands/sbom.ts';
export { signCommand, type SignCommandOptions } from './commands/sign.ts';
export { serveCommand, type ServeCommandOptions, type ServeCommandResult } from './commands/serve.ts';
export {
  deleteCommand,
  tagCommand,
  tagsCommand,
  type DeleteCommandResult,
  type TagCommandResult,
} from './commands/tags.ts';
export { verifyCommand, type VerifyCommandOptions, type VerifyCommandResult } from './commands/verify.ts';
export type { VerificationFlags } from './verification-demand.ts';
export { unpackCommand, type UnpackCommandOptions } from './commands/unpack.ts';
export { formatBytes, formatDuration } from './format-bytes.ts';
export {
  formatLayoutLocation,
  parseLocation,
  type ArchiveLocation,
  type LayoutLocation,
  type Location,
  type RegistryLocation,
} from './location.ts';
export { openNetwork, type Network, type NetworkOptions } from './network.ts';
export { readNpmConfig, type NpmArtifactName, type NpmConfig, type NpmConfigOptions } from './npm-config.ts';
export type { NpmCredential } from './npm-credential.ts';
export type { RunNpm } from './npm-registries.ts';
export type { Environment } from '../adapters/credential/docker-config.ts';
export { openRegistries, type CommandRegistries, type RegistriesOptions } from './registries.ts';
export { registryFlags, registryOptions } from './registry-flags.ts';
export { runProgram, type ProgramHost, type ProgramStream } from './program.ts';
export type { WrittenKeyPair } from './write-key-pair.ts';
export { progressRenderer, type ProgressOutput, type ProgressRenderer } from './progress.ts';
