import { meaninglessAt, type MeaninglessPlace } from './meaningless.ts';
import { bundleSurface, mutant, type Surface } from './mutation.ts';
import { compareFacts, factsOf, type Facts, type Subject } from './subject.ts';

/** A good subject with what can be changed of it, and what it proves. */
export interface Specimen {
  readonly subject: Subject;
  readonly surface: Surface;
  readonly facts: Facts;
}

/** What came of some mutations. */
export interface Findings {
  runs: number;
  /** What must not be, in words. */
  readonly problems: string[];
  /** Every meaningless place that a change was made in. */
  readonly meaningless: Set<MeaninglessPlace>;
}

/** Nothing yet. */
export function noFindings(): Findings {
  return { runs: 0, problems: [], meaningless: new Set() };
}

/** Looks at what a subject proves before anything is changed; a subject that is refused is a problem. */
export async function specimenOf(subject: Subject): Promise<Specimen> {
  const facts = await factsOf(subject, subject);
  if (facts === undefined) throw new Error(`${subject.name} is refused before anything is changed`);
  return { subject, surface: bundleSurface(subject.bundle), facts };
}

/** Changes one byte and looks at what comes of it. */
export async function tryMutation(specimen: Specimen, index: number, bits: number, findings: Findings): Promise<void> {
  const { subject, surface, facts } = specimen;
  const changed = mutant(subject.bundle, surface, index, bits);
  const where = (): string => `${subject.name}, byte ${index} ^ ${bits} at ${changed.place()}`;
  findings.runs++;
  try {
    const found = await factsOf(subject, { ...subject, bundle: changed.bundle });
    if (found === undefined) return;
    const comparison = compareFacts(found, facts);
    const place = comparison === 'other' ? undefined : meaninglessAt(changed.place(), comparison);
    if (place === undefined) findings.problems.push(`${where()}: passes with ${comparison} facts`);
    else findings.meaningless.add(place);
  } catch (error) {
    findings.problems.push(`${where()}: throws ${String(error)}`);
  }
}

/** Whole numbers below a limit, the same for the same seed (mulberry32). */
export function randomOf(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Tries some mutations that are chosen by chance. */
export async function trySample(specimens: readonly Specimen[], runs: number, seed: number): Promise<Findings> {
  const random = randomOf(seed);
  const findings = noFindings();
  for (let run = 0; run < runs; run++) {
    const specimen = specimens[random(specimens.length)];
    if (specimen === undefined) break;
    await tryMutation(specimen, random(specimen.surface.size), 1 + random(255), findings);
  }
  return findings;
}

/** The bytes at the beginning of a bundle, among which its version is. */
const head = 120;

/** Changes one bit of every byte, then any bits of every byte; those of the head to every other byte. */
export async function tryEveryByte(specimen: Specimen, seed: number, findings: Findings): Promise<void> {
  const random = randomOf(seed);
  for (let index = 0; index < specimen.surface.size; index++) {
    const all = index < head ? Array.from({ length: 255 }, (_, bits) => bits + 1) : [1 << random(8), 1 + random(255)];
    for (const bits of all) await tryMutation(specimen, index, bits, findings);
  }
}
