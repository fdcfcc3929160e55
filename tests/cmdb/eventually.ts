import { eventually as ask } from '../mesh/api.ts';

/** Reads again until it is as it is waited for, for so many milliseconds; a read that fails is tried again too. */
export function eventually<Value>(read: () => Promise<Value>, isThere: (value: Value) => boolean, within = 20_000): Promise<Value> {
  return ask(
    async () => {
      const value = await read();
      return isThere(value) ? { value } : false;
    },
    { every: 20, within },
  ).then(({ value }) => value);
}

/** This moment (ISO 8601), once the clock has left it: what happens next is later. */
export async function passMoment(): Promise<string> {
  const moment = Date.now();
  await eventually(
    async () => Date.now(),
    (time) => time > moment,
  );
  return new Date(moment).toISOString();
}
