/** True for a host that is this machine, whoever resolves it: 127.0.0.0/8, `::1` and the names of RFC 6761 section 6.3. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d+){3}$/.test(name);
}
