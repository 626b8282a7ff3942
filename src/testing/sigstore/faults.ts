import { UsageError } from '../../errors.ts';
import type { Fault } from './fault.ts';
import { logBindingFaults } from './faults/log-binding.ts';

/** Everything that can be done wrong; what names it is its name. */
export const everyFault: readonly Fault[] = /* @__PURE__ */ (() => [...logBindingFaults])();

/** The fault of a name. */
export function faultOf(name: string): Fault {
  const fault = everyFault.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new UsageError('ERR_INVALID_ARGUMENT', `no fault is called ${JSON.stringify(name)}`, {
    argument: 'faults',
    hint: 'everyFault lists them',
  });
}
