import type { Rule } from '../../../generated/opora/monitoring/v1/monitoring.ts';
import { type Condition, conditionLanguage } from '../../../platform/rules/condition.ts';

/** What a rule may speak of. */
export interface AlertFacts {
  source: string;
  fingerprint: string;
  name: string;
  severity: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** A configuration item was found for it. */
  bound: boolean;
}

/** A rule that is ready to be asked. */
export interface CompiledRule {
  rule: Pick<Rule, 'id' | 'name' | 'version' | 'action' | 'impact' | 'urgency' | 'groupBy'>;
  condition: Condition;
}

export interface IncidentDecision {
  /** The rule that raises an incident; undefined: none is raised. */
  raisedBy?: CompiledRule['rule'];
  /** Alerts with one key share an incident. */
  groupKey?: string;
  /** Which rule decided, on what, and why not those before it. */
  explanation: string;
}

export const compileRuleCondition = conditionLanguage({
  source: 'string',
  name: 'string',
  severity: 'string',
  labels: 'map<string, string>',
  annotations: 'map<string, string>',
  bound: 'bool',
});

/** Asks the rules in their order; the first that matches decides. */
export function decideIncident(alert: AlertFacts, rules: readonly CompiledRule[]): IncidentDecision {
  const { fingerprint, ...known } = alert;
  const passed: string[] = [];
  for (const { rule, condition } of rules) {
    const { matches, reason } = condition.evaluate(known);
    if (!matches) {
      passed.push(reason === undefined ? `"${rule.name}"` : `"${rule.name}" (${reason})`);
      continue;
    }
    const decided = `Rule "${rule.name}" (version ${rule.version}) matched: ${condition.text}, with name "${alert.name}" and severity "${alert.severity}".`;
    const before = passed.length > 0 ? ` Did not match before it: ${passed.join(', ')}.` : '';
    if (rule.action === 'ignore') return { explanation: `${decided} It raises no incident.${before}` };
    return { raisedBy: rule, groupKey: groupKeyOf(alert, rule), explanation: `${decided}${before}` };
  }
  return { explanation: `No rule matched, so no incident is raised. Asked: ${passed.join(', ') || 'none'}.` };
}

function groupKeyOf(alert: AlertFacts, rule: CompiledRule['rule']): string {
  if (rule.groupBy.length === 0) return `${alert.source}/${alert.fingerprint}`;
  return JSON.stringify([rule.id, ...rule.groupBy.map((label) => alert.labels[label] ?? '')]);
}
