import type { CommandSpec } from '../command.ts';
import { attachSpec, referrersSpec } from './referrers.ts';
import { attestSpec } from './attest.ts';
import { auditSpec } from './audit.ts';
import { diffSpec, resolveSpec } from './resolve.ts';
import { exportSpec, importSpec } from './move-archive.ts';
import { extractSpec } from './extract.ts';
import { gcSpec } from './gc.ts';
import { inspectSpec } from './inspect.ts';
import { keysSpec } from './keys.ts';
import { loginSpec, logoutSpec } from './login.ts';
import { migrateSpec } from './migrate.ts';
import { packSpec } from './pack.ts';
import { sbomSpec } from './sbom.ts';
import { serveSpec } from './serve.ts';
import { signSpec } from './sign.ts';
import { deleteSpec, tagSpec, tagsSpec } from './tags.ts';
import { copySpec, pullSpec, pushSpec } from './transfer.ts';
import { unpackSpec } from './unpack.ts';
import { verifySpec } from './verify.ts';

/** Every command, in the order of the help. */
export const commands: readonly CommandSpec[] = [
  packSpec,
  pushSpec,
  pullSpec,
  copySpec,
  unpackSpec,
  extractSpec,
  inspectSpec,
  resolveSpec,
  diffSpec,
  signSpec,
  attestSpec,
  verifySpec,
  sbomSpec,
  tagsSpec,
  tagSpec,
  deleteSpec,
  referrersSpec,
  attachSpec,
  exportSpec,
  importSpec,
  keysSpec,
  loginSpec,
  logoutSpec,
  gcSpec,
  auditSpec,
  migrateSpec,
  serveSpec,
];
