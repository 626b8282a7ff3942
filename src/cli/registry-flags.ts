import { UsageError } from '../errors.ts';
import { numberFlag, switchFlag, textFlag, type FlagSpec, type FlagValues } from './command.ts';
import type { RegistriesOptions } from './registries.ts';

/** How registries are reached, and by whom: the flags of every command that takes references to them. */
export const registryFlags: readonly FlagSpec[] = [
  { flags: '-u, --username <name>', summary: 'who asks the registry; packwright login keeps it for later' },
  { flags: '--password-stdin', summary: 'read the password or token from stdin', kind: 'switch' },
  {
    flags: '--registry-config <file>',
    summary: "credentials, in docker's format; where docker and podman keep them by default",
  },
  {
    flags: '--plain-http',
    summary: 'reach registries over http, and whom a token is sent to; loopback needs no flag',
    kind: 'switch',
  },
  {
    flags: '--insecure-skip-tls-verify',
    summary: 'take any certificate, and so anybody for the registry',
    kind: 'switch',
  },
  { flags: '--ca-file <file>', summary: 'certificates to trust besides those of the platform, in PEM' },
  { flags: '--cert-file <file>', summary: 'certificate that is shown to registries, in PEM' },
  { flags: '--key-file <file>', summary: 'key of that certificate, in PEM' },
];

/**
 * What the flags say.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` for flags that do not go together.
 */
export function registryOptions(flags: FlagValues): RegistriesOptions {
  const options: RegistriesOptions = {
    username: textFlag(flags, 'username'),
    passwordStdin: switchFlag(flags, 'passwordStdin'),
    registryConfig: textFlag(flags, 'registryConfig'),
    plainHttp: switchFlag(flags, 'plainHttp'),
    insecureSkipTlsVerify: switchFlag(flags, 'insecureSkipTlsVerify'),
    caFile: textFlag(flags, 'caFile'),
    certFile: textFlag(flags, 'certFile'),
    keyFile: textFlag(flags, 'keyFile'),
    concurrency: numberFlag(flags, 'concurrency'),
  };
  if (options.username === undefined && options.passwordStdin === true) {
    throw together('password-stdin', 'a password was given without the name that it belongs to', '-u NAME');
  }
  if ((options.certFile === undefined) !== (options.keyFile === undefined)) {
    const [given, missing] = options.certFile === undefined ? ['key', 'cert'] : ['cert', 'key'];
    throw together(`${given}-file`, `--${given}-file was given without --${missing}-file`, `--${missing}-file FILE`);
  }
  return options;
}

function together(argument: string, message: string, missing: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message, { argument, hint: `add ${missing}` });
}
