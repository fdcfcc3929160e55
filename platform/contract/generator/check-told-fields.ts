import type { FieldModel } from './model.ts';

/** Checks what an option of an event says of its fields; all that is wrong is told to `refuse`, with the option's name before it. */
export function checkToldFields(option: string, fields: readonly FieldModel[], refuse: (reason: string) => void) {
  function check(place: string, name: string, kindOfField: string, fits: (field: FieldModel) => boolean): void {
    const field = fields.find((one) => one.name === name);
    if (!field) refuse(`${option}.${place}: "${name}" is not one of its fields`);
    else if (!fits(field)) refuse(`${option}.${place}: ${name} must be ${kindOfField}`);
  }
  return {
    check,
    /** One word that readers filter by. */
    checkKind(kind: string, example: string): void {
      if (!/^[a-z][a-z_]*$/.test(kind)) refuse(`${option}.kind is "${kind}": it is one word of small letters, as ${example}`);
    },
    /** Words in both languages, with fields in braces. */
    readTitle(title: { ru: string; en: string } | undefined): { ru: string; en: string } {
      for (const language of ['ru', 'en'] as const) {
        const text = title?.[language] ?? '';
        if (text.trim() === '') refuse(`${option}.title.${language} is missing`);
        for (const [, name = ''] of text.matchAll(/\{([^{}]*)\}/g)) check(`title.${language}`, name, 'one text, number or boolean', isOneWord);
      }
      return { ru: title?.ru ?? '', en: title?.en ?? '' };
    },
  };
}

export function isOneText(field: FieldModel): boolean {
  return field.shape === 'single' && isText(field);
}

export function isTextOrTexts(field: FieldModel): boolean {
  return field.shape !== 'map' && isText(field);
}

function isText({ type, rules }: FieldModel): boolean {
  return 'scalar' in type && type.scalar === 'string' && !rules.json;
}

function isOneWord({ shape, type, rules }: FieldModel): boolean {
  return shape === 'single' && 'scalar' in type && !rules.json;
}
