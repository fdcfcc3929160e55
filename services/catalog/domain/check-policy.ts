import { Duration } from 'luxon';
import type { ApprovalPolicy, ApprovalStage } from '../../../generated/opora/catalog/v1/approval_policy.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { canHold } from '../../../platform/rules/can-hold.ts';
import type { Domain } from '../../../platform/rules/read-shape.ts';
import type { Condition } from '../../../platform/rules/rule-language.ts';
import { compileCondition, error, warning } from './findings.ts';

/** What a check of approval policies stands on: who there is, and how conditions are read. */
export interface PolicyContext {
  compile(text: string): Condition;
  domains: ReadonlyMap<string, Domain>;
  /** Those of the policy's accounts and roles that exist. */
  accounts: ReadonlySet<string>;
  roles: ReadonlySet<string>;
}

/** Stages that nobody could decide, that would never be asked, or whose times make no sense. */
export function checkPolicy({ stages }: ApprovalPolicy, context: PolicyContext): Finding[] {
  const findings = stages.flatMap((stage, index) => checkStage(stage, `/stages/${index}`, context));
  if (stages.every(({ condition }) => condition !== undefined)) {
    findings.push(
      warning('/stages', {
        ru: 'У каждой ступени есть условие: где не выполнится ни одно, всё согласуется само.',
        en: 'Every stage has a condition: where none holds, everything is approved by itself.',
      }),
    );
  }
  return findings;
}

function checkStage(stage: ApprovalStage, at: string, context: PolicyContext): Finding[] {
  const { approvers, needs, count, condition, remindAfter, expiresAfter, onExpiry } = stage;
  const findings: Finding[] = [];
  approvers.forEach(({ kind, value }, index) => {
    const pointer = `${at}/approvers/${index}`;
    const isManager = kind === 'manager_of_caller' || kind === 'manager_of_assignee';
    if (isManager !== (value === undefined)) {
      findings.push(
        error(`${pointer}/value`, {
          ru: 'Учётную запись и роль называют, руководителя нет: он известен по заявке.',
          en: 'An account and a role are named; a manager is not: the ticket tells who it is.',
        }),
      );
      return;
    }
    const isThere = value === undefined || (kind === 'account' ? context.accounts : context.roles).has(value);
    const twice = approvers.findIndex((other) => other.kind === kind && other.value === value) < index;
    if (!isThere) {
      const what = kind === 'account' ? { ru: 'учётной записи', en: 'account' } : { ru: 'роли', en: 'role' };
      findings.push(error(`${pointer}/value`, { ru: `Нет ${what.ru} «${value}».`, en: `There is no ${what.en} "${value}".` }));
    } else if (twice) {
      findings.push(warning(pointer, { ru: 'Назван второй раз; спросят один раз.', en: 'It is named twice, and asked once.' }));
    }
  });
  if (needs === 'count' && count === undefined) {
    findings.push(error(`${at}/count`, { ru: 'Не сказано, сколько согласий нужно.', en: 'It is not said how many must approve.' }));
  }
  if (needs !== 'count' && count !== undefined) {
    findings.push(
      error(`${at}/count`, { ru: `Число только для needs: count, а не ${needs}.`, en: `A count is for needs: count, not for ${needs}.` }),
    );
  }
  const accounts = new Set(approvers.map(({ value }) => value)).size;
  if (needs === 'count' && count !== undefined && approvers.every(({ kind }) => kind === 'account') && count > accounts) {
    findings.push(error(`${at}/count`, { ru: `Нужно ${count}, а спрашивают ${accounts}.`, en: `It needs ${count}, and asks ${accounts}.` }));
  }
  if (condition !== undefined) {
    const compiled = compileCondition(condition, `${at}/condition`, context.compile, findings);
    if (compiled && canHold([compiled], context.domains) === 'no') {
      findings.push(
        error(`${at}/condition`, {
          ru: 'Условие не выполняется никогда: ступень не спросят.',
          en: 'The condition can never hold: the stage is never asked.',
        }),
      );
    }
  }
  if ((expiresAfter === undefined) !== (onExpiry === undefined)) {
    findings.push(
      error(`${at}/${expiresAfter === undefined ? 'expiresAfter' : 'onExpiry'}`, {
        ru: 'Срок и то, что по нему происходит, задаются вместе.',
        en: 'A time after which it expires and what happens then come together.',
      }),
    );
  }
  for (const [field, text] of Object.entries({ remindAfter, expiresAfter })) {
    if (text !== undefined && lengthOf(text) === 0) findings.push(error(`${at}/${field}`, { ru: 'Срок нулевой.', en: 'It is no time at all.' }));
  }
  if (remindAfter !== undefined && expiresAfter !== undefined && lengthOf(remindAfter) >= lengthOf(expiresAfter)) {
    findings.push(warning(`${at}/remindAfter`, { ru: 'Напомнят, когда срок уже вышел.', en: 'The reminder would come when it is over.' }));
  }
  return findings;
}

function lengthOf(text: string): number {
  return Duration.fromISO(text).toMillis();
}
