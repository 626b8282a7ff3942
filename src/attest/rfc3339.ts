const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const firstTime = -62_135_596_800_000;
const lastTime = 253_402_300_799_999.999;

/**
 * The time that a text of RFC 3339 says, in milliseconds since 1970; fractions are kept, to the microsecond. undefined
 * where the text is anything else, and beyond the years 1 to 9999.
 *
 * As in protobuf's `Timestamp`: the letters T and Z are capital, a fraction has 1 to 9 digits, an offset may stand
 * instead of Z, and a leap second (`:60`) does not exist, as that clock smears it.
 */
export function parseRfc3339(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, seconds = '', fraction = '', sign, hours, minutes] = match;
  const wall = Date.parse(`${seconds}Z`);
  // Some engines roll 30 February over into March instead of refusing it.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== seconds) return undefined;
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  const time = wall - offset + Number(fraction.padEnd(9, '0')) / 1_000_000;
  return time >= firstTime && time <= lastTime ? time : undefined;
}
