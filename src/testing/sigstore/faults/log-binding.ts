import type { Fault } from '../fault.ts';
export const logBindingFaults: readonly Fault[] = [];
