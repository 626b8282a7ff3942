import { defined } from '../../../http/http-client.ts';
import type { RegistryProfile } from './profile.ts';

const plain: RegistryProfile = {
  chunked: {},
  anonymousMount: false,
  mergeReferrers: false,
  distrustSubject: false,
  noHead: false,
};

const mebibyte = 1024 * 1024;

/** What is known of registries that leave the specification, by what their hosts end with. */
const known: readonly (readonly [RegExp, Partial<RegistryProfile>])[] = [
  // A part of more than 4 MiB is answered 416. Its list of referrers is empty, missing or elsewhere, as time goes by.
  [/^ghcr\.io$/, { chunked: { maxBytes: 4 * mebibyte }, mergeReferrers: true }],
  // Every part but the last has at least 5 MiB. It says OCI-Subject without listing referrers.
  [
    /^(?:\d+\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)|public\.ecr\.aws)$/,
    { chunked: { minBytes: 5 * mebibyte }, distrustSubject: true },
  ],
  // Takes a blob in one piece only.
  [/^(?:[a-z0-9-]+\.)?gcr\.io$|^[a-z0-9-]+-docker\.pkg\.dev$/, { chunked: false }],
];

/** What is known of the registry of a host, with what the caller knows better put over it. */
export function profileOf(host: string, own: Partial<RegistryProfile> = {}): RegistryProfile {
  const name = host.replace(/:\d+$/, '');
  const found = known.find(([pattern]) => pattern.test(name))?.[1];
  return { ...plain, ...found, ...defined(own) };
}
