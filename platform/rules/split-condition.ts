import { type ASTNode, parse, serialize } from '@marcbachmann/cel-js';

/** The parts of a condition that must all hold, as CEL: `a && (b || c)` is two. The text must parse. */
export function splitCondition(text: string): string[] {
  const split = (node: ASTNode): string[] => (node.op === '&&' ? node.args.flatMap(split) : [serialize(node)]);
  return split(parse(text).ast);
}
