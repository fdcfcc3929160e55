import type { TestDefinitionRequest, TestDefinitionResponse } from '../../generated/opora/sla/v1/sla.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { clockKinds } from './domain/clock.ts';
import { compileCondition, openRuleSet, pickDefinition, type Rule, tryAll } from './domain/pick-definition.ts';
import type { Rulebook } from './storage/rulebook.ts';

const unsaved = { id: '', version: 0 };

/** Which definition a ticket would get, and why not the others. An unsaved condition is tried before those that there are. */
export async function tryDefinitions(rulebook: Rulebook, request: TestDefinitionRequest, now: number): Promise<TestDefinitionResponse> {
  const { ticket, condition, at } = request;
  if (!ticket) throw new AppError('invalid_input', 'There is no ticket to try.', { violations: [{ pointer: '/ticket', message: 'is required' }] });
  const { type, priority, impact = '', urgency = '', serviceId = '', origin = '', callerId = '', items } = ticket;
  const facts = { type, priority, impact, urgency, serviceId, origin, callerId, items };

  const current = await rulebook.currentRules();
  const candidate: Rule[] =
    condition === undefined
      ? []
      : [
          {
            definition: { ...unsaved, name: 'The condition of this request' },
            calendar: unsaved,
            targets: {},
            condition: compileCondition(condition),
          },
        ];
  const rules = [...candidate, ...current.rules];
  const { agreement, explanation } = pickDefinition(openRuleSet(rules), facts);

  const deadlines: Pick<TestDefinitionResponse, 'responseDeadline' | 'resolutionDeadline'> = {};
  for (const kind of clockKinds) {
    const target = agreement?.targets[kind];
    if (!agreement || target === undefined) continue;
    const time = (await rulebook.workingTimes([agreement.calendar]))(agreement.calendar);
    deadlines[`${kind}Deadline`] = new Date(time.add(at === undefined ? now : Date.parse(at), target)).toISOString();
  }
  const saved = agreement?.definition.id ? agreement.definition : undefined;
  return {
    ...(saved && { definitionId: saved.id, definitionName: saved.name, definitionVersion: saved.version }),
    explanation,
    rules: tryAll(rules, facts).map(({ rule, matches, reason }) => ({
      ...(rule.definition.id && { definitionId: rule.definition.id }),
      name: rule.definition.name,
      condition: rule.condition.text,
      matches,
      ...(reason !== undefined && { reason }),
    })),
    ...deadlines,
  };
}
