/** The name under which docker keeps what belongs to Docker Hub, for historical reasons. */
const dockerHubKey = 'https://index.docker.io/v1/';

const dockerHubNames: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** The key under which docker and its helpers keep the credential of a host. */
export function keyOf(host: string): string {
  return host === 'docker.io' ? dockerHubKey : host;
}

/** What a key of a credential file is for. */
export interface KeyScope {
  readonly host: string;
  /** Only for repositories that are this or lie below it; empty for all of the host. */
  readonly path: string;
}

/**
 * Reads a key: `registry.example:5000`, podman's `registry.example/team/app`, or the URL of an older docker, whose path
 * says nothing. Docker Hub has several names, which mean the same.
 */
export function scopeOf(key: string): KeyScope {
  const text = key.replace(/^https?:\/\//, '');
  const slash = text.indexOf('/');
  const name = (slash === -1 ? text : text.slice(0, slash)).toLowerCase();
  const isHub = dockerHubNames.includes(name);
  const path = slash === -1 ? '' : text.slice(slash + 1).replace(/\/+$/, '');
  const says = text === key && !(isHub && /^v[12]$/.test(path));
  return { host: isHub ? 'docker.io' : name, path: says ? path : '' };
}

/**
 * The keys that are for a host, and for a repository where one is given: the longest path first, then the key that is
 * written now, then older forms. Never one of another host, port or path.
 */
export function keysFor(keys: readonly string[], host: string, repository: string | undefined): string[] {
  const found = keys
    .map((key) => ({ key, scope: scopeOf(key) }))
    .filter(({ scope }) => scope.host === host && covers(scope.path, repository));
  const own = (key: string): number => (key === keyOf(host) ? 0 : 1);
  return found
    .sort((a, b) => b.scope.path.length - a.scope.path.length || own(a.key) - own(b.key))
    .map(({ key }) => key);
}

function covers(path: string, repository: string | undefined): boolean {
  return path === '' || repository === path || repository?.startsWith(`${path}/`) === true;
}
