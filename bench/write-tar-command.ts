/** `node write-tar-command.ts FOLDER FILE`: what a program of its own takes, which starts as our command does. */
import { enableCompileCache } from 'node:module';
import { argv } from 'node:process';

enableCompileCache();
const { writeTar } = await import('./write-tar.ts');
const [, , folder = '', file = ''] = argv;
await writeTar(folder, file);
