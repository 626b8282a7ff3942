import type { JsonValue } from '../bytes/json.ts';
import { readPredicate } from './predicate.ts';
import { isObject, message, object, only, required, text, time, type Reader } from './proto-json.ts';
import { resource, resources, type Resource } from './resource.ts';
import type { Statement } from './statement.ts';

/** The predicate type of SLSA provenance of version 1. */
export const provenanceType = 'https://slsa.dev/provenance/v1';
const provenanceType02 = 'https://slsa.dev/provenance/v0.2';

/** How something was built, as a builder says: no more than what the signer's word is worth. */
export interface Provenance {
  readonly version: '0.2' | '1';
  /** The URI of who ran the build. A policy must know that the signer is that builder. */
  readonly builder: string;
  readonly buildType: string;
  /** What it was built from, where the build type says how to find it. */
  readonly source: ProvenanceSource | undefined;
  /** What whoever asked for the build could choose. */
  readonly externalParameters: Readonly<Record<string, JsonValue>>;
  readonly internalParameters: Readonly<Record<string, JsonValue>>;
  /** What went into the build; in version 0.2 its materials. */
  readonly resolvedDependencies: readonly Resource[];
  /** Which run it was, often its URL; empty where it is not said. */
  readonly invocationId: string;
  /** Milliseconds since 1970. */
  readonly startedOn: number | undefined;
  readonly finishedOn: number | undefined;
}

/** A repository, and what of it. */
export interface ProvenanceSource {
  /** Its URL without `git+` and without the revision: `https://github.com/owner/name`. */
  readonly repository: string;
  /** `refs/heads/main` for example; empty where it is not said. */
  readonly ref: string;
  /** The commit; empty where it is not said. */
  readonly commit: string;
}

/**
 * Reads SLSA provenance of version 0.2 or 1 from a statement. Members that are not known are ignored, as SLSA demands;
 * a member of the wrong kind is an error.
 *
 * `source` is what the builder recorded, never what a caller of the build could write: `invocation.configSource` in
 * version 0.2, `externalParameters.workflow` of GitHub's workflow build types in version 1. Of other build types it is
 * undefined, and a policy that asks for it must say no. In version 0.2 the external parameters are
 * `invocation.parameters`, and the internal ones `invocation.environment`.
 *
 * @throws FormatError `ERR_STATEMENT_INVALID` for another predicate type, and with the path of what is wrong.
 * @see https://slsa.dev/spec/v1.1/provenance
 */
export function parseProvenance(statement: Statement): Provenance {
  return statement.predicateType === provenanceType02
    ? readPredicate(statement, 'provenance', provenanceType02, provenance02)
    : readPredicate(statement, 'provenance', provenanceType, provenance1);
}

const builder = required(only('id', required(text), true));

const message1 = required(
  message(
    {
      buildDefinition: required(
        message(
          {
            buildType: required(text),
            externalParameters: required(object),
            internalParameters: object,
            resolvedDependencies: resources,
          },
          true,
        ),
      ),
      runDetails: required(
        message({ builder, metadata: message({ invocationId: text, startedOn: time, finishedOn: time }, true) }, true),
      ),
    },
    true,
  ),
);

const provenance1: Reader<Provenance> = (value, place) => {
  const { buildDefinition, runDetails } = message1(value, place);
  const { internalParameters = {}, ...definition } = buildDefinition;
  const { invocationId, startedOn, finishedOn } = runDetails.metadata ?? {};
  return {
    version: '1',
    builder: runDetails.builder,
    ...definition,
    internalParameters,
    source: workflowSource(definition),
    invocationId: invocationId ?? '',
    startedOn,
    finishedOn,
  };
};

const workflowTypes: readonly string[] = [
  'https://actions.github.io/buildtypes/workflow/v1',
  'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
];

function workflowSource(
  definition: Pick<Provenance, 'buildType' | 'externalParameters' | 'resolvedDependencies'>,
): ProvenanceSource | undefined {
  const { workflow } = definition.externalParameters;
  if (!workflowTypes.includes(definition.buildType) || !isObject(workflow)) return undefined;
  const { repository, ref } = workflow;
  if (typeof repository !== 'string' || repository === '') return undefined;
  const found = definition.resolvedDependencies.find(({ uri }) => splitRevision(uri).repository === repository);
  return { repository, ref: typeof ref === 'string' ? ref : '', commit: commitOf(found) };
}

const message02 = required(
  message(
    {
      builder,
      buildType: required(text),
      invocation: message({ configSource: resource, parameters: object, environment: object }, true),
      metadata: message({ buildInvocationId: text, buildStartedOn: time, buildFinishedOn: time }, true),
      materials: resources,
    },
    true,
  ),
);

const provenance02: Reader<Provenance> = (value, place) => {
  const read = message02(value, place);
  const { configSource, parameters = {}, environment = {} } = read.invocation ?? {};
  const { buildInvocationId = '', buildStartedOn, buildFinishedOn } = read.metadata ?? {};
  return {
    version: '0.2',
    builder: read.builder,
    buildType: read.buildType,
    source: configSource?.uri ? { ...splitRevision(configSource.uri), commit: commitOf(configSource) } : undefined,
    externalParameters: parameters,
    internalParameters: environment,
    resolvedDependencies: read.materials,
    invocationId: buildInvocationId,
    startedOn: buildStartedOn,
    finishedOn: buildFinishedOn,
  };
};

/** `git+https://host/path@revision` (SPDX 2.3, package download location) in its parts. */
function splitRevision(uri: string): { repository: string; ref: string } {
  const url = uri.startsWith('git+') ? uri.slice(4) : uri;
  // An @ in the authority is that of user info.
  const path = url.indexOf('/', url.indexOf('://') + 3);
  const at = path === -1 ? -1 : url.indexOf('@', path);
  return at === -1 ? { repository: url, ref: '' } : { repository: url.slice(0, at), ref: url.slice(at + 1) };
}

function commitOf(found: Resource | undefined): string {
  return found?.digest['gitCommit'] ?? found?.digest['sha1'] ?? '';
}
