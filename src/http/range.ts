import type { Exchange } from './exchange.ts';

/** The header for a range, `end` not included; none for everything. */
export function rangeOf(start: number, end: number | undefined): Readonly<Record<string, string>> {
  return start === 0 && end === undefined ? {} : { range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
}

export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly total: number | undefined;
}

/** What a 206 says that it is (RFC 9110 section 14.4); NaN for what it does not say. */
export function parseRange(headers: Headers): ContentRange {
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(headers.get('content-range') ?? '');
  return {
    start: Number(range?.[1]),
    end: Number(range?.[2]),
    total: range?.[3] === '*' ? undefined : Number(range?.[3]),
  };
}

export function totalOf({ response }: Exchange): number | undefined {
  const { total } = parseRange(response.headers);
  return Number.isNaN(total) ? undefined : total;
}

/** An entity tag that conditions can name: a strong one (RFC 9110 sections 8.8.3 and 13.1.1). */
export function strongTag(headers: Headers): string | undefined {
  const tag = headers.get('etag');
  return tag !== null && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag) ? tag : undefined;
}

/** What tells that a later range is of the same bytes: a strong entity tag, or a date that is old enough to be strong. */
export function strongValidator(headers: Headers): string | undefined {
  const tag = strongTag(headers);
  if (tag !== undefined) return tag;
  const modified = headers.get('last-modified') ?? '';
  // RFC 9110 section 8.8.2.2: two versions within one second have the same date.
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(modified);
  return !headers.has('etag') && age >= 1000 ? modified : undefined;
}
