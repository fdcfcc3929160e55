import { judgePlan, type Plan } from './judge-plan.ts';

const plan = (...operators: string[]): Plan => {
  const [operatorType = '', ...rest] = operators;
  return { operatorType: `${operatorType}@neo4j`, children: rest.length > 0 ? [plan(...rest)] : [] };
};

describe('the plan of a query', () => {
  it.each([
    ['a scan', ['ProduceResults', 'NodeByLabelScan']],
    ['a walk', ['ProduceResults', 'Distinct', 'VarLengthExpand(Pruning,BFS,All)', 'NodeUniqueIndexSeek']],
    ['a subquery', ['ProduceResults', 'RollUpApply', 'SelectOrSemiApply', 'Filter', 'Expand(All)', 'Argument']],
  ])('may run when it is %s', (_, operators) => expect(judgePlan('r', plan(...operators))).toBeUndefined());

  it.each([
    ['r', 'LoadCSV', 'LOAD CSV'],
    ['r', 'ProcedureCall', 'calls a procedure'],
    ['r', 'TerminateTransactions', 'about the server'],
    ['r', 'ShowTransactions', 'about the server'],
    ['s', 'AdministrationCommand', 'administers'],
    ['r', 'TransactionApply', 'IN TRANSACTIONS'],
    ['rw', 'Create', 'writes'],
    ['s', 'CreateIndex', 'writes'],
    ['r', 'SomethingNew', 'SomethingNew'],
  ])('may not run when it is of the kind %s with a step %s, however deep', (kind, operator, reason) =>
    expect(judgePlan(kind, plan('ProduceResults', 'Apply', operator))).toContain(reason),
  );

  it('may not run when Neo4j says that it writes, whatever its steps are called', () =>
    expect(judgePlan('w', plan('Projection'))).toContain('writes'));
});
