/**
 * True for a host that only this machine or its network can mean: `localhost`, and literal addresses that are loopback,
 * link-local, private, shared or unspecified (RFC 6890). Where a public name redirects to one, it wants us to ask there
 * on its behalf.
 *
 * @param hostname - As the URL class gives it: lower case, IPv4 in four decimal parts, IPv6 in brackets.
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (name.startsWith('[')) return isPrivateIpv6(groupsOf(name.slice(1, -1)));
  const parts = /^\d+\.\d+\.\d+\.\d+$/.test(name) ? name.split('.').map(Number) : undefined;
  return parts !== undefined && isPrivateIpv4(parts);
}

function isPrivateIpv4([a = 0, b = 0]: readonly number[]): boolean {
  if (a === 0 || a === 10 || a === 127) return true;
  if (a === 169) return b === 254;
  if (a === 172) return b >= 16 && b <= 31;
  if (a === 192) return b === 168;
  return a === 100 && b >= 64 && b <= 127;
}

function isPrivateIpv6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80) return true;
  const head = groups.slice(0, 6);
  const low = groups.slice(6);
  const isV4 = head.every((group, index) => group === (index === 5 ? (head[5] === 0xffff ? 0xffff : 0) : 0));
  const isNat64 = first === 0x64 && groups[1] === 0xff9b;
  // `::` and `::1` are the IPv4 addresses 0.0.0.0 and 0.0.0.1 in this form, and private as those.
  return (isV4 || isNat64) && isPrivateIpv4(low.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The eight groups of an IPv6 address; the URL class writes them all in hexadecimal, with `::` for zeros. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const parse = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const [before, after] = [parse(head), parse(tail ?? '')];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
