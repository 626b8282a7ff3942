import { beyond, malformed } from './archive-limits.ts';
import { parsePax, type PaxRecords } from './pax.ts';
import { textOf, type TarBlock } from './tar-block.ts';

/** What the headers before an entry say about it. */
export type EntryMeta = PaxRecords;

const flagNames: Readonly<Record<string, string>> = /* @__PURE__ */ Object.freeze({
  g: 'global pax header',
  x: 'pax header',
  L: 'GNU long name',
  K: 'GNU long link',
});

/**
 * Gathers extended headers until the entry that they are for, which is always the next one that is a file, a folder or
 * a link: an extended header never changes another.
 */
export class PendingMeta {
  readonly #maxBytes: number;
  readonly #seen = new Set<string>();
  #pax: PaxRecords = {};
  #longName: string | undefined;
  #longLink: string | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True for a header whose body is an extended header. */
  takes(block: TarBlock): boolean {
    if (!Object.hasOwn(flagNames, block.flag)) return false;
    if (block.size > this.#maxBytes) {
      throw beyond('metaBytes', `tar has a ${nameOf(block)} of ${block.size} bytes`, this.#maxBytes);
    }
    return true;
  }

  /**
   * @throws FormatError `ERR_ARCHIVE_INVALID` where the header is malformed, or comes twice for one entry.
   */
  add(block: TarBlock, body: Uint8Array): void {
    if (block.flag === 'g') {
      parsePax(body, 'global');
      return;
    }
    if (this.#seen.has(block.flag)) throw malformed(`tar entry has two headers of the kind ${nameOf(block)}`);
    this.#seen.add(block.flag);
    if (block.flag === 'x') this.#pax = parsePax(body, 'entry');
    else if (block.flag === 'L') this.#longName = longNameOf(block, body);
    else this.#longLink = longNameOf(block, body);
  }

  /** Hands over what was gathered. */
  release(): EntryMeta {
    if (this.#seen.size === 0) return noMeta;
    const path = agreed(this.#pax.path, this.#longName);
    const linkpath = agreed(this.#pax.linkpath, this.#longLink);
    const meta = {
      ...this.#pax,
      ...(path === undefined ? {} : { path }),
      ...(linkpath === undefined ? {} : { linkpath }),
    };
    this.#seen.clear();
    this.#pax = noMeta;
    this.#longName = this.#longLink = undefined;
    return meta;
  }

  /** At the end of the archive nothing may be left that waits for an entry. */
  expectNone(): void {
    if (this.#seen.size > 0) throw malformed('tar ends after an extended header, before its entry');
  }
}

const noMeta: EntryMeta = /* @__PURE__ */ Object.freeze({});

function nameOf(block: TarBlock): string {
  return flagNames[block.flag] ?? block.flag;
}

/** Readers disagree on which of the two wins, so they must not differ. */
function agreed(pax: string | undefined, gnu: string | undefined): string | undefined {
  if (pax !== undefined && gnu !== undefined && pax !== gnu) throw malformed('tar entry has two different long names');
  return pax ?? gnu;
}

function longNameOf(block: TarBlock, body: Uint8Array): string {
  const zero = body.indexOf(0);
  if (zero !== -1 && body.subarray(zero).some((byte) => byte !== 0)) {
    throw malformed(`tar has a ${nameOf(block)} with a zero byte inside`);
  }
  const name = textOf(body);
  if (name === '') throw malformed(`tar has a ${nameOf(block)} that is empty`);
  return name;
}
