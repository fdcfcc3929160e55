export interface CsvSink {
  /** A row that has ended; a blank line is a row with one empty cell. */
  give(cells: string[]): void;
  /** Told when a value is longer than this, or ends with the file within its quotes; `row` counts from 1. */
  mostCharacters: number;
  refuse(row: number, isOpenQuote: boolean): void;
}

/**
 * Cuts text that comes in pieces into rows (RFC 4180, with any separator). A quote within a value that does not begin with one is a plain character, as in
 * `Труба 2" стальная`; what follows a closing quote before the separator is kept.
 */
export function parseCsv(separator: string, { give, mostCharacters, refuse }: CsvSink): { write(text: string): void; end(): void } {
  let cells: string[] = [];
  let value = '';
  let rows = 1;
  /** `open`: within quotes; `closing`: after a quote that may be doubled. */
  let state: 'start' | 'plain' | 'open' | 'closing' = 'start';
  let isAfterReturn = false;

  const endCell = () => {
    cells.push(value);
    value = '';
    state = 'start';
  };
  const endRow = () => {
    endCell();
    give(cells);
    cells = [];
    rows += 1;
  };

  /** Takes the character at `index`, or all that is plain from there; gives the place of the next. */
  const step = (text: string, index: number): number => {
    const character = text[index] as string;
    if (state === 'open') {
      const quote = text.indexOf('"', index);
      const end = quote === -1 ? text.length : quote;
      value += text.slice(index, end);
      if (quote === -1) return end;
      state = 'closing';
      return end + 1;
    }
    if (state === 'closing' && character === '"') {
      value += '"';
      state = 'open';
      return index + 1;
    }
    if (state === 'start' && character === '"') {
      state = 'open';
      return index + 1;
    }
    if (character === separator) endCell();
    else if (character === '\n') endRow();
    else if (character === '\r') {
      endRow();
      isAfterReturn = true;
    } else {
      let end = index + 1;
      while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
      value += text.slice(index, end);
      state = 'plain';
      return end;
    }
    return index + 1;
  };

  return {
    write(text) {
      let index = 0;
      while (index < text.length) {
        if (isAfterReturn) {
          isAfterReturn = false;
          if (text[index] === '\n') {
            index += 1;
            continue;
          }
        }
        index = step(text, index);
        if (value.length > mostCharacters) refuse(rows, state === 'open');
      }
    },
    end() {
      if (state === 'open') refuse(rows, true);
      if (value !== '' || cells.length > 0 || state !== 'start') endRow();
    },
  };
}
