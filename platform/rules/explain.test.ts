import { ruleLanguage } from './rule-language.ts';

const { condition: compile } = ruleLanguage({
  priority: 'string',
  load: 'double',
  labels: 'map<string, string>',
  tags: 'list<string>',
  ticket: { fields: { assigneeId: 'string?', vip: 'bool' } },
});
const facts = { priority: 'low', load: 0.5, labels: { severity: 'critical' }, tags: ['a', 'b'], ticket: { vip: false } };

describe('the explanation of a condition', () => {
  it.each([
    ['priority == "high"', 'priority is "low", needed "high".', 'priority — "low", а нужно "high".'],
    ['load > 0.1 && priority in ["high", "critical"]', 'priority is "low", needed one of "high", "critical".', null],
    ['priority == "high" || load >= 0.7', 'priority is "low", needed "high"; load is 0.5, needed at least 0.7.', null],
    ['!(priority == "low" && load < 0.7)', 'priority is "low", needed anything but "low"; load is 0.5, needed at least 0.7.', null],
    ['!(priority == "low" || load > 0.7)', 'priority is "low", needed anything but "low".', 'priority — "low", а нужно что-то другое, не "low".'],
    ['labels.team == "network"', 'labels.team is absent.', 'labels.team отсутствует.'],
    ['has(ticket.assigneeId)', 'ticket.assigneeId is absent.', 'ticket.assigneeId отсутствует.'],
    ['ticket.vip', 'ticket.vip is false, needed true.', 'ticket.vip — false, а нужно true.'],
    ['"c" in tags', 'tags has no "c".', 'в tags нет "c".'],
    ['tags.exists(tag, tag == "c")', 'no element of tags fits tag == "c".', null],
    ['tags.all(tag, tag == "a")', 'not every element of tags fits: tag = "b": tag == "a".', null],
    ['priority.startsWith("h")', 'priority is "low", needed to start with "h".', null],
    ['ticket.vip ? load > 9.0 : load > 1.0', 'load is 0.5, needed more than 1.0.', null],
    ['tags[5] == "a"', 'tags[5] is absent.', null],
    ['priority == "low"', 'It holds.', 'Выполняется.'],
  ])('says of %s which part was false', (text, en, ru) => {
    const told = compile(text).explain(facts);
    expect(told.en).toBe(en);
    if (ru !== null) expect(told.ru).toBe(ru);
    expect(told.matches).toBe(compile(text).evaluate(facts).matches);
  });

  it('is a tree of the parts with their values, also of those that did not decide', () => {
    const { part } = compile('load > 0.1 && tags.exists(tag, tag == priority)').explain(facts);
    const show = ({ text, outcome, parts }: typeof part): unknown => [text, 'value' in outcome ? outcome.value : outcome.failure, ...parts.map(show)];
    expect(show(part)).toEqual([
      'load > 0.1 && tags.exists(tag, tag == priority)',
      false,
      ['load > 0.1', true, ['load', 0.5]],
      [
        'tags.exists(tag, tag == priority)',
        false,
        ['tags', ['a', 'b']],
        ['tag = "a": tag == priority', false, ['tag', 'a'], ['priority', 'low']],
        ['tag = "b": tag == priority', false, ['tag', 'b'], ['priority', 'low']],
      ],
    ]);
  });
});
