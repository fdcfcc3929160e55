import type { Rule } from '../../../generated/opora/monitoring/v1/monitoring.ts';
import { type Condition, ruleLanguage } from '../../../platform/rules/rule-language.ts';
import { type RuleSet, ruleSet } from '../../../platform/rules/rule-set.ts';

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

const language = ruleLanguage({
  source: 'string',
  name: 'string',
  severity: 'string',
  labels: 'map<string, string>',
  annotations: 'map<string, string>',
  bound: 'bool',
});
export const compileRuleCondition = language.condition;

/** Rules in their order, ready for alerts: each alert meets only those that can match it. */
export const openRuleSet = (rules: readonly CompiledRule[]): RuleSet<CompiledRule> => ruleSet(rules, language.variables);

/** Asks the rules in their order; the first that matches decides. */
export function decideIncident(alert: AlertFacts, rules: RuleSet<CompiledRule>): IncidentDecision {
  const { fingerprint, ...known } = alert;
  const found = rules.first(known);
  const passed = tellPassed(rules.passedOver(found, known, toldNames));
  if (!found) return { explanation: `No rule matched, so no incident is raised. Asked: ${passed || 'none'}.` };
  const { rule, condition } = found;
  const decided = `Rule "${rule.name}" (version ${rule.version}) matched: ${condition.text}, with name "${alert.name}" and severity "${alert.severity}".`;
  const before = passed === '' ? '' : ` Did not match before it: ${passed}.`;
  if (rule.action === 'ignore') return { explanation: `${decided} It raises no incident.${before}` };
  return { raisedBy: rule, groupKey: groupKeyOf(alert, rule), explanation: `${decided}${before}` };
}

const toldNames = 10;

function tellPassed({ told, more }: ReturnType<RuleSet<CompiledRule>['passedOver']>): string {
  const names = told.map(({ rule: { rule }, reason }) => (reason === undefined ? `"${rule.name}"` : `"${rule.name}" (${reason})`)).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
}

function groupKeyOf(alert: AlertFacts, rule: CompiledRule['rule']): string {
  if (rule.groupBy.length === 0) return `${alert.source}/${alert.fingerprint}`;
  return JSON.stringify([rule.id, ...rule.groupBy.map((label) => alert.labels[label] ?? '')]);
}
