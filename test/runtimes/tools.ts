import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The runtimes that `.ci/run` installed outside the tree. */
export interface Runtimes {
  /** The path of an executable; an error that names it when it is not there. */
  program(name: string): string;
  /** A JavaScript module that was installed beside them. */
  load<T>(name: string): Promise<T>;
}

/** What is in `folder`, a project with node_modules, and on the PATH. */
export function runtimesIn(folder: string): Runtimes {
  const places = [join(folder, 'node_modules/.bin'), ...(process.env.PATH ?? '').split(':')];
  const require = createRequire(join(folder, 'package.json'));
  return {
    program(name) {
      const own = /^node\d+$/.test(name) ? [join(folder, 'node_modules', name, 'bin/node')] : [];
      const found = [...own, ...places.map((place) => join(place, name))].find((path) => existsSync(path));
      if (found === undefined) throw new Error(`runtime ${name} is not installed; see .ci/tools`);
      return found;
    },
    async load<T>(name: string): Promise<T> {
      return (await import(pathToFileURL(require.resolve(name)).href)) as T;
    },
  };
}
