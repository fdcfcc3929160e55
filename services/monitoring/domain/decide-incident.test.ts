import { type AlertFacts, type CompiledRule, compileRuleCondition, decideIncident as decide, openRuleSet } from './decide-incident.ts';

function rule(name: string, condition: string, change: Partial<CompiledRule['rule']> = {}): CompiledRule {
  return {
    rule: { id: name, name, version: 3, action: 'raise_incident', impact: 'high', urgency: 'high', groupBy: [], ...change },
    condition: compileRuleCondition(condition),
  };
}
const decideIncident = (alert: AlertFacts, rules: CompiledRule[]) => decide(alert, openRuleSet(rules));
const alert: AlertFacts = {
  source: 'alertmanager',
  fingerprint: 'f1',
  name: 'HostDown',
  severity: 'critical',
  labels: { cluster: 'c1', instance: 'a' },
  annotations: {},
  bound: true,
};

describe('deciding whether an alert raises an incident', () => {
  it('lets the first rule that matches decide, and says which and why not those before', () => {
    const decision = decideIncident(alert, [
      rule('Warnings', 'severity == "warning"'),
      rule('Critical', 'severity == "critical"'),
      rule('All', 'true'),
    ]);
    expect(decision.raisedBy?.name).toBe('Critical');
    expect(decision.explanation).toBe(
      'Rule "Critical" (version 3) matched: severity == "critical", with name "HostDown" and severity "critical". Did not match before it: "Warnings".',
    );
  });

  it('raises nothing when a rule says so or none matches, and explains it', () => {
    expect(decideIncident(alert, [rule('Quiet', 'bound', { action: 'ignore' })])).toEqual({
      explanation: expect.stringContaining('raises no incident'),
    });
    expect(decideIncident(alert, [rule('Team', 'labels.team == "x"')]).explanation).toMatch(/No rule matched.*"Team" \(.*team/);
  });

  it('gives each alert its own group unless the rule names labels to group by', () => {
    expect(decideIncident(alert, [rule('a', 'true')]).groupKey).toBe('alertmanager/f1');
    const grouped = [rule('a', 'true', { groupBy: ['cluster'] })];
    const other = { ...alert, fingerprint: 'f2', labels: { cluster: 'c1', instance: 'b' } };
    expect(decideIncident(other, grouped).groupKey).toBe(decideIncident(alert, grouped).groupKey);
    expect(decideIncident({ ...alert, labels: { cluster: 'c2' } }, grouped).groupKey).not.toBe(decideIncident(alert, grouped).groupKey);
  });
});
