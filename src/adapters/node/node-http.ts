import type * as http from 'node:http';

/**
 * node:http. An `import` of it would read each of its members, and one of them loads the whole of Node's own fetch, which
 * takes as long as Node itself does to start.
 */
export const nodeHttp: typeof http = process.getBuiltinModule('node:http');
