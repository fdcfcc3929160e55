import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { error, has, reach } from './findings.ts';

/** Timers into nowhere, timers that may not act, and timers that would go round for ever. Names must be good. */
export function checkTimers({ transitions, timers }: Lifecycle, impossible: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  for (const [name, timer] of Object.entries(timers)) {
    const transition = has(transitions, timer.take) ? transitions[timer.take] : undefined;
    if (!transition) continue;
    const at = `/timers/${name}`;
    const from = timer.in.filter((status) => !transition.from.includes(status));
    if (from.length > 0 || impossible.has(timer.take)) {
      const where = (from.length > 0 ? from : timer.in).join(', ');
      findings.push(
        error(`${at}/take`, {
          ru: `Таймер в никуда: из ${where} нет перехода «${timer.take}».`,
          en: `A timer into nowhere: "${timer.take}" cannot be taken from ${where}.`,
        }),
      );
    }
    if (!transition.by.includes('rule')) {
      findings.push(
        error(`${at}/take`, {
          ru: `Переход «${timer.take}» не разрешён правилам (by: rule).`,
          en: `"${timer.take}" is not for rules to take: add "rule" to its "by".`,
        }),
      );
    }
    if (
      transition.permission !== undefined ||
      transition.requires.includes('resolution') ||
      transition.actions.some(({ action }) => action === 'assign_to_actor')
    ) {
      findings.push(
        error(`${at}/take`, {
          ru: `Переход «${timer.take}» требует человека: у таймера нет прав и решения, и заявку на него не назначить.`,
          en: `"${timer.take}" needs a person: a timer has no permission, says no resolution and cannot be an assignee.`,
        }),
      );
    }
    if (/^P(T?0+[DHMS])+$/.test(timer.after.replaceAll('T', ''))) {
      findings.push(error(`${at}/after`, { ru: 'Таймер без срока.', en: 'A timer of no length: give it a time.' }));
    }
  }
  return [...findings, ...findLoops({ transitions, timers })];
}

/** Timers alone must not lead a ticket back to where it was. */
function findLoops({ transitions, timers }: Pick<Lifecycle, 'transitions' | 'timers'>): Finding[] {
  const next = (status: string) => Object.values(timers).flatMap((timer) => (timer.in.includes(status) ? (transitions[timer.take]?.to ?? []) : []));
  return Object.entries(timers).flatMap(([name, { in: statuses }]) => {
    const loop = statuses.find((status) => reach(next(status), next).has(status));
    if (loop === undefined) return [];
    return [
      error(`/timers/${name}`, {
        ru: `Таймеры водят заявку по кругу через «${loop}».`,
        en: `Timers lead a ticket round and round through "${loop}".`,
      }),
    ];
  });
}
