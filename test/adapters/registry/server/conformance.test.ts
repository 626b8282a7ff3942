import { memoryRegistry } from '../../../../src/adapters/registry/memory.ts';
import { conformanceCases } from './conformance-cases.ts';

conformanceCases('a registry in memory', () => Promise.resolve(memoryRegistry()));
