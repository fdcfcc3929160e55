import fc from 'fast-check';
import { isSame } from './by-names.ts';
import { diffModels } from './diff-models.ts';
import { aClass, aType, label } from './fixtures/small-model.ts';
import type { AttributeDefinition, ModelDefinition } from './model.ts';
import { proposeShipped } from './propose-shipped.ts';

const text = (more: Partial<AttributeDefinition> = {}): AttributeDefinition => ({ type: 'text', label, ...more });
const model = (...classes: ModelDefinition['classes']): ModelDefinition => ({ classes, relationTypes: [aType('depends_on')] });

describe('a newer model that comes with the program', () => {
  it('brings what is new in it and leaves what people made of the old one', () => {
    const before = model(aClass('server', { attributes: { a: text(), b: text({ maxLength: 10 }) } }), aClass('printer'));
    const now = model(
      aClass('server', { attributes: { a: text({ searchable: true }), b: text({ maxLength: 20 }), c: text() } }),
      aClass('printer'),
      aClass('scanner'),
    );
    const current = model(aClass('server', { attributes: { a: text(), b: text({ maxLength: 99 }), own: text() } }), aClass('tower'));
    expect(proposeShipped({ current, before, now })).toEqual(
      model(
        aClass('server', { attributes: { a: text({ searchable: true }), b: text({ maxLength: 99 }), own: text(), c: text() } }),
        aClass('tower'),
        aClass('scanner'),
      ),
    );
  });

  it('is taken as it is where nobody changed anything, and changes nothing when it is the same', () => {
    const models = fc
      .dictionary(fc.constantFrom('x', 'y', 'z'), fc.dictionary(fc.constantFrom('a', 'b'), fc.record({ maxLength: fc.integer({ min: 1, max: 3 }) })))
      .map((classes) =>
        model(
          ...Object.entries(classes).map(([name, attributes]) =>
            aClass(name, { attributes: Object.fromEntries(Object.entries(attributes).map(([key, more]) => [key, text(more)])) }),
          ),
        ),
      );
    fc.assert(
      fc.property(models, models, (one, other) => {
        expect(diffModels(proposeShipped({ current: one, before: one, now: other }), other)).toEqual([]);
        expect(isSame(proposeShipped({ current: other, before: one, now: one }), other)).toBe(true);
      }),
    );
  });
});
