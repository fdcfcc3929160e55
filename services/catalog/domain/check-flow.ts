import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { error, has, reach, warning } from './findings.ts';

/** Where tickets cannot come or go: unreachable statuses, dead ends, and phases that make no sense. Names must be good. */
export function checkFlow({ initial, statuses, transitions }: Lifecycle, impossible: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  const possible = Object.entries(transitions).filter(([name]) => !impossible.has(name));
  const next = (status: string) => possible.flatMap(([, { from, to }]) => (from.includes(status) ? [to] : []));
  const phaseOf = (status: string) => statuses[status]?.phase;
  const reached = reach(has(statuses, initial) ? [initial] : [], next);

  const first = phaseOf(initial);
  if (first === 'resolved' || first === 'closed') {
    findings.push(error('/initial', { ru: 'Новая заявка начиналась бы завершённой.', en: 'A new ticket would begin as one that is over.' }));
  } else if (first !== undefined && first !== 'open') {
    findings.push(
      warning('/initial', {
        ru: 'Новая заявка начинается так, будто над ней уже работают.',
        en: 'A new ticket begins as if somebody worked on it already: its phase is not open.',
      }),
    );
  }

  for (const status of Object.keys(statuses)) {
    const at = `/statuses/${status}`;
    const onward = reach(next(status), next);
    if (!reached.has(status)) {
      findings.push(error(at, { ru: `В статус «${status}» нельзя попасть.`, en: `Nothing leads to the status "${status}".` }));
    }
    switch (phaseOf(status)) {
      case 'closed':
        if (onward.size > 0) {
          findings.push(
            warning(at, { ru: `Из закрытого статуса «${status}» есть выход.`, en: `"${status}" is closed, and something leads out of it.` }),
          );
        }
        break;
      case 'resolved':
        if (![...onward].some((one) => phaseOf(one) !== 'resolved' && phaseOf(one) !== 'closed')) {
          findings.push(
            warning(at, {
              ru: `Решённую заявку нельзя открыть снова: из «${status}» нет пути назад.`,
              en: `What is resolved cannot be reopened: nothing leads back from "${status}".`,
            }),
          );
        }
        if (onward.size === 0) findings.push(endless(status, at));
        break;
      case 'open':
      case 'active':
      case 'paused':
      case undefined:
        if (![...onward].some((one) => phaseOf(one) === 'closed' || phaseOf(one) === 'resolved')) findings.push(endless(status, at));
    }
  }
  return findings;
}

function endless(status: string, at: string): Finding {
  return error(at, { ru: `Тупик: из «${status}» заявка никогда не завершится.`, en: `A dead end: a ticket that is "${status}" is never over.` });
}
