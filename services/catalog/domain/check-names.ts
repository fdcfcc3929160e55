import type { Lifecycle } from '../../../generated/opora/catalog/v1/lifecycle.ts';
import type { Finding } from '../../../platform/definitions/definition.ts';
import { error, has, type LifecycleContext } from './findings.ts';

const namePattern = /^[a-z][a-z0-9_]{0,49}$/;
const settable: Readonly<Record<string, readonly string[]>> = {
  impact: ['high', 'medium', 'low'],
  urgency: ['high', 'medium', 'low'],
  resolution: [],
};
const clearable = ['assigneeId', 'serviceId', 'resolution'];

/** Names of nothing: statuses, transitions and permissions that do not exist, and actions that cannot be carried out. */
export function checkNames({ initial, statuses, transitions, timers }: Lifecycle, { permissions, policies }: LifecycleContext): Finding[] {
  const findings: Finding[] = [];
  const status = (name: string, pointer: string) => {
    if (!has(statuses, name)) findings.push(error(pointer, { ru: `Нет статуса «${name}».`, en: `There is no status "${name}".` }));
  };
  for (const [group, entries] of Object.entries({ statuses, transitions, timers })) {
    for (const name of Object.keys(entries).filter((one) => !namePattern.test(one))) {
      findings.push(
        error(`/${group}/${name}`, {
          ru: `Имя «${name}» не годится: строчные латинские буквы, цифры и _, не более 50.`,
          en: `"${name}" is no name: small Latin letters, digits and _, at most 50.`,
        }),
      );
    }
  }
  status(initial, '/initial');
  for (const [name, { from, to, permission, actions }] of Object.entries(transitions)) {
    const at = `/transitions/${name}`;
    from.forEach((one, index) => {
      status(one, `${at}/from/${index}`);
    });
    status(to, `${at}/to`);
    if (permission !== undefined && !permissions.has(permission)) {
      findings.push(error(`${at}/permission`, { ru: `Нет права «${permission}».`, en: `There is no permission "${permission}".` }));
    }
    actions.forEach((action, index) => {
      if (!isPossible(action)) {
        findings.push(
          error(`${at}/actions/${index}`, {
            ru: `Так изменить поле нельзя: set — impact, urgency (high, medium, low) или resolution; clear — ${clearable.join(', ')}.`,
            en: `A field cannot be changed so: set takes impact, urgency (high, medium, low) or resolution; clear takes ${clearable.join(', ')}.`,
          }),
        );
      }
    });
  }
  for (const [name, { approval }] of Object.entries(statuses)) {
    if (approval) findings.push(...checkApproval(name, approval, transitions, policies));
  }
  for (const [name, timer] of Object.entries(timers)) {
    timer.in.forEach((one, index) => {
      status(one, `/timers/${name}/in/${index}`);
    });
    if (!has(transitions, timer.take)) {
      findings.push(error(`/timers/${name}/take`, { ru: `Нет перехода «${timer.take}».`, en: `There is no transition "${timer.take}".` }));
    }
  }
  return findings;
}

function isPossible({ action, field, value }: Lifecycle['transitions'][string]['actions'][number]): boolean {
  if (action === 'assign_to_actor') return field === undefined && value === undefined;
  if (field === undefined) return false;
  if (action === 'clear') return clearable.includes(field) && value === undefined;
  const values = settable[field];
  return values !== undefined && value !== undefined && value !== '' && (values.length === 0 || values.includes(value));
}

/** An approval asks by a policy that there is, and what it leads to is for rules to take from this status. */
function checkApproval(
  status: string,
  { policy, approved, rejected }: NonNullable<Lifecycle['statuses'][string]['approval']>,
  transitions: Lifecycle['transitions'],
  policies: ReadonlySet<string>,
): Finding[] {
  const at = `/statuses/${status}/approval`;
  const findings = policies.has(policy)
    ? []
    : [error(`${at}/policy`, { ru: `Нет политики согласования «${policy}».`, en: `There is no approval policy "${policy}".` })];
  for (const [outcome, name] of Object.entries({ approved, rejected })) {
    const transition = has(transitions, name) ? transitions[name] : undefined;
    const isForRules = transition?.from.includes(status) && transition.by.includes('rule') && transition.permission === undefined;
    const needsPerson =
      (outcome === 'approved' && transition?.requires.includes('resolution')) ||
      transition?.actions.some(({ action }) => action === 'assign_to_actor');
    if (isForRules && !needsPerson) continue;
    findings.push(
      error(`${at}/${outcome}`, {
        ru: `Согласование не может сделать переход «${name}»: он нужен из «${status}», для правил (by: rule) и без участия человека.`,
        en: `An approval cannot take "${name}": it must lead on from "${status}", be for rules (by: rule), and need no person.`,
      }),
    );
  }
  return findings;
}
