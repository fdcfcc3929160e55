import { type EngineWatch, watchEngines } from './watch-engines.ts';

describe('the look at the engines', () => {
  let watch: EngineWatch;
  afterEach(() => watch.stop());

  const told: string[] = [];
  const begin = (look: () => Promise<unknown>) => {
    told.length = 0;
    watch = watchEngines({ tell: (engine, ready) => told.push(`${engine} ${ready}`), every: 5, patience: 50 });
    watch.begin('postgres', look);
  };
  const until = async (ready: boolean) => {
    while (watch.states()['postgres'] !== ready) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('follows an engine that goes away and comes back', async () => {
    let answers = true;
    begin(async () => {
      if (!answers) throw new Error('refused');
    });
    await until(true);
    answers = false;
    await until(false);
    answers = true;
    await until(true);
    expect(told).toEqual(expect.arrayContaining(['postgres true', 'postgres false']));
  });

  it('does not wait for one that hangs, nor takes it for well', async () => {
    let hangs = false;
    begin(() => (hangs ? new Promise(() => undefined) : Promise.resolve()));
    await until(true);
    hangs = true;
    await until(false);
    hangs = false;
    await until(true);
  });

  it('has not seen an engine before the first answer', () => {
    begin(() => new Promise(() => undefined));
    expect(watch.states()).toEqual({ postgres: false });
  });
});
