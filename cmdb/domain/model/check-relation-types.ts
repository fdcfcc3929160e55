import type { FieldViolation } from '../../../platform/errors/app-error.ts';
import { checkModelName } from './check-class.ts';
import type { RelationTypeDefinition } from './model.ts';
import { pointTo } from './pointer.ts';

/** The projection of the graph uses these words itself. */
const reserved: readonly string[] = ['affects', 'removed'];

export function checkRelationTypes(types: readonly RelationTypeDefinition[], classes: { has(name: string): boolean }): FieldViolation[] {
  return types.flatMap(({ name, weight, ends }, index) => {
    const at = pointTo('/relationTypes', index);
    const first = types.findIndex((other) => other.name === name);
    const violations = checkModelName(name, pointTo(at, 'name'));
    if (first !== index) violations.push({ pointer: pointTo(at, 'name'), message: `is the name of /relationTypes/${first} too` });
    if (reserved.includes(name)) violations.push({ pointer: pointTo(at, 'name'), message: 'is a word of the graph itself: choose another name' });
    if (weight !== undefined && !(weight >= 0 && weight <= 1)) violations.push({ pointer: pointTo(at, 'weight'), message: 'must be from 0 to 1' });
    if (ends.length === 0) violations.push({ pointer: pointTo(at, 'ends'), message: 'must say which classes it may relate' });
    for (const [place, end] of ends.entries()) {
      for (const side of ['from', 'to'] as const) {
        if (!classes.has(end[side])) violations.push({ pointer: pointTo(at, 'ends', place, side), message: `there is no class "${end[side]}"` });
      }
    }
    return violations;
  });
}
