import type { ServiceSelector, SigningConfig, SigningService } from '../../../attest/signing-config.ts';
import { UsageError } from '../../../errors.ts';

/** The services that one signature asks, of those that a signing config lists. */
export interface ChosenServices {
  /** The certificate authority; undefined where none is listed. */
  readonly certificateAuthority: SigningService | undefined;
  /** Whom to ask for an identity token; undefined where none is listed. */
  readonly identityProvider: SigningService | undefined;
  /** Of different operators; none where none is listed. */
  readonly logs: readonly SigningService[];
  readonly timestampAuthorities: readonly SigningService[];
}

/** API versions that are spoken, by kind of service. A certificate authority of version 1 has the endpoint `/api/v2`. */
const spoken = { first: [1], logs: [1, 2] } as const;

/**
 * Chooses services as protobuf-specs demands: only what is valid now and speaks a version that we do; of each operator
 * one, the highest version first, the newest of those; then as many as the selector says.
 *
 * @throws UsageError `ERR_INVALID_ARGUMENT` where services are listed and too few of them can be asked.
 * @see https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
export function chooseServices(config: SigningConfig, now: number = Date.now()): ChosenServices {
  const { certificateAuthorities, identityProviders, logs, timestampAuthorities } = config;
  const choose = (
    what: string,
    services: readonly SigningService[],
    versions: readonly number[],
    selector: ServiceSelector | undefined,
  ): readonly SigningService[] => take(what, bestOfEach(services, versions, now), services.length, selector);
  const any: ServiceSelector = { kind: 'any' };
  return {
    certificateAuthority: choose('certificate authority', certificateAuthorities, spoken.first, any)[0],
    identityProvider: choose('identity provider', identityProviders, spoken.first, any)[0],
    logs: choose('log', logs, spoken.logs, config.logSelector),
    timestampAuthorities: choose('timestamp authority', timestampAuthorities, spoken.first, config.timestampSelector),
  };
}

/** The best service of each operator, best first; what is as good stays in the order of the config. */
function bestOfEach(
  services: readonly SigningService[],
  versions: readonly number[],
  now: number,
): readonly SigningService[] {
  const usable = services.filter(
    ({ majorApiVersion, validFor: { start = -Infinity, end = Infinity } }) =>
      versions.includes(majorApiVersion) && start <= now && now <= end,
  );
  const best = new Map<string, SigningService>();
  for (const service of usable.sort(byMerit)) {
    if (!best.has(service.operator)) best.set(service.operator, service);
  }
  return [...best.values()];
}

function byMerit(a: SigningService, b: SigningService): number {
  const newer = (b.validFor.start ?? 0) - (a.validFor.start ?? 0);
  return b.majorApiVersion - a.majorApiVersion || newer;
}

function take(
  what: string,
  usable: readonly SigningService[],
  listed: number,
  selector: ServiceSelector = { kind: 'any' },
): readonly SigningService[] {
  if (listed === 0) return [];
  const needed = selector.kind === 'exact' ? selector.count : 1;
  if (usable.length >= needed) return selector.kind === 'all' ? usable : usable.slice(0, needed);
  throw new UsageError(
    'ERR_INVALID_ARGUMENT',
    `signing config has ${usable.length} operators of a ${what} that is valid now and speaks a known version, expected ${needed}`,
    { argument: 'signingConfig', hint: 'get the signing config again, or check the clock' },
  );
}
