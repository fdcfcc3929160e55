import { readPacks } from '../../model/read-packs.ts';
import { type CompiledModel, compileModel } from '../model/compile-model.ts';
import { judgeCondition } from './attribute-condition.ts';

let model: CompiledModel;
beforeAll(async () => {
  model = compileModel(await readPacks());
});

describe('a condition on an attribute', () => {
  it.each([
    ['memoryGb>=16', 'server', { name: 'memoryGb', operator: '>=', value: 16 }],
    ['attributes.memoryGb < 7.5', 'computer', { operator: '<', value: 7.5 }],
    ['environment=PRODUCTION', 'virtual_machine', { operator: '=', value: 'production' }],
    ['model ~ power edge', 'hardware', { operator: '~', value: 'power edge' }],
    ['serialNumber?', 'hardware', { operator: '?' }],
    ['!serialNumber?', undefined, { operator: '!?' }],
    ['macAddresses=00-1B-63-84-45-E6', 'server', { operator: '=', value: '00:1b:63:84:45:e6', isList: true }],
    ['warrantyUntil<2026-06-30', 'hardware', { operator: '<', value: '2026-06-30' }],
    ['isColour!=true', 'hardware', { operator: '!=', value: true }],
  ])('%s of %s is understood', (text, className, expected) => {
    expect(judgeCondition(text, className, model)).toEqual({ condition: expect.objectContaining(expected) });
  });

  it.each([
    ['memory', 'server', /is to be written like/],
    ['!memoryGb>=16', 'server', /is to be written like/],
    ['memry>=16', 'server', /"memry" is no attribute of "server"; "server" has .*memoryGb/],
    ['memoryGb>=16', 'printer', /"memoryGb" is no attribute of "printer"/],
    ['memoryGb>=much', 'server', /"much" is no value of "memoryGb": it must be a number/],
    ['memoryGb~16', 'server', /"memoryGb" is decimal: ask for it with = != < <= > >=/],
    ['environment=Промышленная', 'virtual_machine', /environment=/],
    ['environment=no such', 'virtual_machine', /must be one of/],
    ['environment>test', 'virtual_machine', /ask for it with = !=/],
    ['model=', 'server', /write model\? or !model\?/],
    ['warrantyUntil<tomorrow', 'server', /must be a date/],
  ])('%s of %s is refused with the way out', (text, className, expected) => {
    expect(judgeCondition(text, className, model)).toEqual({ message: expect.stringMatching(expected) });
  });

  it('by the label of a choice is refused with the value that is meant', () => {
    const [choice] = model.classes.get('virtual_machine')?.attributes.get('environment')?.values ?? [];
    expect(judgeCondition(`environment=${choice?.label.ru}`, 'virtual_machine', model)).toEqual({
      message: `"${choice?.label.ru}" is what people see of "${choice?.value}": write environment=${choice?.value}`,
    });
  });
});
