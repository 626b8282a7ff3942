import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runCases } from './run-cases.mjs';

/** Runs the cases of a file, and prints their outcomes. */
console.log(JSON.stringify(await runCases(JSON.parse(readFileSync(process.argv[2], 'utf8')))));
