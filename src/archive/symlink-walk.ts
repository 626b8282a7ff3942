import { foldPath, pathLimits } from '../bytes/path.ts';
import { FormatError } from '../errors.ts';
import { beyond } from './archive-limits.ts';

/** How many links one link may lead through, as Linux has it. */
const maxHops = 40;

/**
 * The symbolic links of a tree, resolved as a file system would, inside the tree alone.
 *
 * A link that is added later can turn a folder that an earlier link leads through into a way out; so every step of
 * every link is noted, and the links that passed a place are walked again when a link appears there.
 */
export class SymlinkWalk {
  readonly #targets = new Map<string, string>();
  readonly #passedBy = new Map<string, Set<string>>();
  #stepsLeft: number;
  readonly #maxSteps: number;
  readonly #spend: (bytes: number) => void;

  /** `spend` is told of every byte of a name that is kept. */
  constructor(maxSteps: number, spend: (bytes: number) => void) {
    this.#maxSteps = maxSteps;
    this.#stepsLeft = maxSteps;
    this.#spend = spend;
  }

  /**
   * @throws FormatError `ERR_UNSAFE_PATH` where this link, or an earlier one because of it, leaves the tree;
   * `ERR_LIMIT_EXCEEDED` where walking the links costs more than `linkSteps` steps.
   */
  add(path: string, target: string): void {
    checkTarget(path, target);
    const key = foldPath(path);
    this.#spend(key.length + target.length);
    this.#targets.set(key, target);
    this.#walk(path, target);
    for (const earlier of [...(this.#passedBy.get(key) ?? [])]) {
      this.#walk(earlier, this.#targets.get(foldPath(earlier)) ?? '');
    }
  }

  #walk(path: string, target: string): void {
    let place = foldPath(parentOf(path));
    let hops = 0;
    const ahead = segmentsOf(target);
    for (let segment = ahead.pop(); segment !== undefined; segment = ahead.pop()) {
      this.#step();
      if (segment === '..') {
        if (place === '') throw unsafe(path, target, 'leaves the tree');
        place = parentOf(place);
        continue;
      }
      const next = place === '' ? foldPath(segment) : `${place}/${foldPath(segment)}`;
      this.#note(next, path);
      const through = this.#targets.get(next);
      if (through === undefined) {
        place = next;
      } else {
        if (++hops > maxHops) throw unsafe(path, target, 'leads through too many links');
        ahead.push(...segmentsOf(through));
      }
    }
  }

  #step(): void {
    if (this.#stepsLeft-- <= 0) throw beyond('linkSteps', 'symbolic links are too many or too long', this.#maxSteps);
  }

  #note(place: string, path: string): void {
    const known = this.#passedBy.get(place);
    if (known !== undefined) {
      known.add(path);
      return;
    }
    this.#spend(place.length);
    this.#passedBy.set(place, new Set([path]));
  }
}

function checkTarget(path: string, target: string): void {
  if (target === '') throw unsafe(path, target, 'is empty');
  if (target.length > pathLimits.maxBytes) throw unsafe(path, target, 'is too long');
  if (target.startsWith('/')) throw unsafe(path, target, 'is absolute');
  if (!target.isWellFormed()) throw unsafe(path, target, 'holds a lone surrogate');
  if (/[\\:\u0000-\u001f\u007f]/.test(target)) {
    throw unsafe(path, target, 'has a backslash, a colon or a control character');
  }
}

/** The segments that count, last one first. */
function segmentsOf(target: string): string[] {
  return target
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .reverse();
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function unsafe(path: string, target: string, problem: string): FormatError {
  return new FormatError(
    'ERR_UNSAFE_PATH',
    `entry ${JSON.stringify(path)} is a symbolic link to ${JSON.stringify(target.slice(0, 200))}, which ${problem}`,
    { details: { path, target } },
  );
}
