import { checkPath, foldPath } from '../bytes/path.ts';
import { FormatError } from '../errors.ts';
import { beyond, limitsOf, type ArchiveLimits } from './archive-limits.ts';
import { SymlinkWalk } from './symlink-walk.ts';
import type { TarEntryType } from './tar-entry.ts';

/** What {@link createMemberCheck} looks at. */
export interface CheckedMember {
  readonly path: string;
  readonly type: TarEntryType;
  readonly target?: string | undefined;
}

/** A check over the entries of one tree, in the order in which they are to be created. */
export interface MemberCheck {
  /** Takes the next entry, or throws. */
  check(member: CheckedMember): void;
}

/**
 * Checks that a tree can be created entry by entry, on any system, without leaving its root and without one entry
 * replacing, or being written through, another.
 *
 * - Paths are those that `checkPath` lets through. The same path may come twice only for directories. Two paths that
 *   are one where case or Unicode form does not count are refused, and so is an entry below one that is no directory.
 * - A symbolic link must stay inside the root, also when it leads through other links, those that come later included.
 * - A hard link must name, by its exact path, a file that came before.
 * - Names that start with `.wh.` are refused: container runtimes read them as orders to delete.
 *
 * @throws FormatError `ERR_UNSAFE_PATH`, naming the entry; `ERR_LIMIT_EXCEEDED` beyond `linkSteps` and `nameBytes`.
 */
export function createMemberCheck(limits: Partial<ArchiveLimits> = {}): MemberCheck {
  const { linkSteps, nameBytes } = limitsOf(limits);
  const spend = budgetOf(nameBytes);
  const names = new Names(spend);
  const links = new SymlinkWalk(linkSteps, spend);
  return {
    check({ path, type, target = '' }) {
      checkPath(path);
      if (/(?:^|\/)\.wh\./.test(path)) throw unsafe(path, 'is a whiteout, an order to delete');
      if (type === 'hardlink') checkHardlink(names, path, target);
      names.add(path, type === 'hardlink' ? 'file' : type);
      if (type === 'symlink') links.add(path, target);
    },
  };
}

/** Every folder above an entry is a name of its own, so a few long paths can cost more memory than the archive. */
function budgetOf(nameBytes: number): (bytes: number) => void {
  let left = nameBytes;
  return (bytes) => {
    left -= bytes;
    if (left < 0) throw beyond('nameBytes', 'names take too many bytes, folders above them included', nameBytes);
  };
}

function checkHardlink(names: Names, path: string, target: string): void {
  checkPath(target);
  if (!names.isFile(target)) {
    throw unsafe(path, `is a hard link to ${JSON.stringify(target)}, which is no file before it`);
  }
}

type Kind = 'file' | 'directory' | 'symlink';

/** Every name of the tree, folders that are only implied included. */
class Names {
  readonly #byKey = new Map<string, { readonly path: string; readonly kind: Kind }>();
  /** The folders by their exact path: most entries find their parent here, without folding it. */
  readonly #folders = new Set<string>();
  readonly #spend: (bytes: number) => void;

  constructor(spend: (bytes: number) => void) {
    this.#spend = spend;
  }

  add(path: string, kind: Kind): void {
    this.#enter(path.slice(0, Math.max(path.lastIndexOf('/'), 0)), path);
    if (kind === 'directory') {
      this.#enter(path, path);
      return;
    }
    const key = foldPath(path);
    const known = this.#byKey.get(key);
    if (known !== undefined) throw collision(path, known.path);
    this.#keep(key, path, kind);
  }

  #keep(key: string, path: string, kind: Kind): void {
    this.#spend(key.length);
    this.#byKey.set(key, { path, kind });
  }

  isFile(path: string): boolean {
    const known = this.#byKey.get(foldPath(path));
    return known?.kind === 'file' && known.path === path;
  }

  /** Notes a folder and those above it, for the sake of an entry. */
  #enter(folder: string, entry: string): void {
    if (folder === '' || this.#folders.has(folder)) return;
    this.#enter(folder.slice(0, Math.max(folder.lastIndexOf('/'), 0)), entry);
    const key = foldPath(folder);
    const known = this.#byKey.get(key);
    if (known !== undefined) throw collision(entry, known.path);
    this.#keep(key, folder, 'directory');
    this.#folders.add(folder);
  }
}

function unsafe(path: string, problem: string): FormatError {
  return new FormatError('ERR_UNSAFE_PATH', `entry ${JSON.stringify(path)} ${problem}`, { details: { path } });
}

function collision(path: string, other: string): FormatError {
  return new FormatError(
    'ERR_UNSAFE_PATH',
    `entry ${JSON.stringify(path)} is the same as ${JSON.stringify(other)} on some systems, or lies below it`,
    { details: { path, other } },
  );
}
