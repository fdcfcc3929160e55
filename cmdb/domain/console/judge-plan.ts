/** A plan as EXPLAIN gives it; operators are called as `Expand(All)@neo4j`. */
export interface Plan {
  operatorType: string;
  children: readonly Plan[];
}

/** What a query may be made of: what is not known to read the graph, and nothing else, is refused. */
const reading = [
  /^(AllNodes|NodeByLabel|(Partitioned)?(Union|Intersection|Subtraction)NodeByLabels?)Scan$/,
  /^(Node|NodeUnique|MultiNode)Index(Seek|SeekByRange|Scan|ContainsScan|EndsWithScan)$/,
  /^(NodeBy(Element)?Id|(Directed|Undirected)RelationshipBy(Element)?Id)Seek$/,
  /^(Directed|Undirected)(AllRelationships|RelationshipType|UnionRelationshipTypes)Scan$/,
  /^(Directed|Undirected)RelationshipIndex(Seek|SeekByRange|Scan|ContainsScan|EndsWithScan)$/,
  /^(Node|Relationship)CountFromCountStore$/,
  /^(Optional)?Expand\((All|Into)\)$/,
  /^VarLengthExpand\([A-Za-z,]+\)$/,
  /^(Repeat|BidirectionalRepeat|NullifyMetadata|ProjectEndpoints)(\([A-Za-z,]+\))?$/,
  /^(ShortestPath|StatefulShortestPath(\([A-Za-z,]+\))?)$/,
  /^(Anti|LetAnti|Let|Select|LetSelect|SelectOr|LetSelectOr|SelectOrAnti|LetSelectOrAnti)?SemiApply$/,
  /^(Apply|RollUpApply|Argument|Optional|CartesianProduct)$/,
  /^(Node|NodeLeftOuter|NodeRightOuter|LeftOuter|RightOuter|Value)(Hash)?Join$/,
  /^(Union|OrderedUnion|AssertSameNode|AssertSameRelationship|TriadicSelection|TriadicBuild|TriadicFilter)$/,
  /^(Ordered|Eager)?(Aggregation|Distinct)$/,
  /^(Filter|Projection|CacheProperties|ProduceResults|Unwind|Limit|Skip|Sort|PartialSort|Top|PartialTop|Eager|EmptyRow|EmptyResult)$/,
];

const reasons: readonly [RegExp, string][] = [
  [/^LoadCSV$/, 'it loads a file (LOAD CSV)'],
  [/^ProcedureCall$/, 'it calls a procedure'],
  [/^(Show|Terminate)/, 'it is about the server and not about the graph'],
  [/^AdministrationCommand$/, 'it administers the server'],
  [/^Transaction/, 'it opens transactions of its own (IN TRANSACTIONS)'],
];

/** Why a query may not run, in words that go after "It is refused because"; undefined when it only reads. `kind` is the kind of query that Neo4j tells: `r` for reading. */
export function judgePlan(kind: string, plan: Plan): string | undefined {
  const refused = operatorsOf(plan).filter((operator) => !reading.some((pattern) => pattern.test(operator)));
  for (const [pattern, reason] of reasons) if (refused.some((operator) => pattern.test(operator))) return reason;
  if (kind !== 'r') return 'it writes, and here one may only read';
  const [unknown] = refused;
  return unknown === undefined ? undefined : `its plan has a step that is not known to only read (${unknown})`;
}

function operatorsOf({ operatorType, children }: Plan): string[] {
  return [operatorType.replace(/@.*$/, ''), ...children.flatMap(operatorsOf)];
}
