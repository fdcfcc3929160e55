import { writeTitle } from './write-title.ts';

describe('the title of an event', () => {
  const title = { ru: 'Заявка {number}: {subject}', en: 'Ticket {number}: {subject}' };

  it('is filled in both languages, with nothing for words that are not there', () => {
    expect(writeTitle(title, { number: 7, subject: '{number}' })).toEqual({ ru: 'Заявка 7: {number}', en: 'Ticket 7: {number}' });
    expect(writeTitle(title, { number: 'INC-1', subject: ['x'] })).toEqual({ ru: 'Заявка INC-1:', en: 'Ticket INC-1:' });
    expect(writeTitle({ ru: '{constructor}', en: 'x{toString}' }, {})).toEqual({ ru: '', en: 'x' });
  });
});
