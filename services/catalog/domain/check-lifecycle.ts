import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { checkFlow } from './check-flow.ts';
import { checkGuards } from './check-guards.ts';
import { checkNames } from './check-names.ts';
import { checkTimers } from './check-timers.ts';
import type { LifecycleContext } from './findings.ts';

/** All that is wrong with a lifecycle beyond its schema: errors with which tickets would be stuck or refused, and warnings. */
export function checkLifecycle(lifecycle: Lifecycle, context: LifecycleContext): Finding[] {
  const names = checkNames(lifecycle, context);
  const guards = checkGuards(lifecycle, context);
  return [...names, ...guards.findings, ...checkFlow(lifecycle, guards.impossible), ...checkTimers(lifecycle, guards.impossible)];
}
