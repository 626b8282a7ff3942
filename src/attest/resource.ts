import { inside, list, message, object, required, text, type Reader } from './proto-json.ts';

/** A thing that a predicate names: what went into a build, a policy, another attestation. Nothing in it was checked. */
export interface Resource {
  /** Empty where it has none; so is the name. */
  readonly uri: string;
  readonly name: string;
  /** By algorithm, as the predicate says them. */
  readonly digest: Readonly<Record<string, string>>;
}

const digestSet: Reader<Readonly<Record<string, string>>> = (value, place) =>
  Object.fromEntries(
    Object.entries(object(value, place) ?? {}).map(([algorithm, digest]) => [
      algorithm,
      required(text)(digest, inside(place, algorithm)),
    ]),
  );

/** Reads one; undefined where it is not there. */
export const resource: Reader<Resource | undefined> = message({ uri: text, name: text, digest: digestSet }, true);

/** Reads many. */
export const resources: Reader<readonly Resource[]> = list(required(resource), 100_000);
