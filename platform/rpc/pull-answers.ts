import type { Give } from './transport.ts';

type Step = { answer: Uint8Array } | { failure: unknown } | 'end';

/**
 * Turns round who gives into who is asked: `run` begins at the first pull and goes on when its last answer has been dealt with, so it is never
 * ahead. `leave` is called when nobody pulls any more, whether or not it came to its end.
 */
export async function* pullAnswers(run: (give: Give) => Promise<void>, leave: () => void): AsyncGenerator<Uint8Array, void> {
  let arrive: (step: Step) => void = () => undefined;
  let goOn: () => void = () => undefined;
  const waitForStep = () =>
    new Promise<Step>((resolve) => {
      arrive = resolve;
    });
  let next = waitForStep();
  run((answer) => {
    arrive({ answer });
    return new Promise<void>((resolve) => {
      goOn = resolve;
    });
  }).then(
    () => arrive('end'),
    (failure: unknown) => arrive({ failure }),
  );
  try {
    for (;;) {
      const step = await next;
      if (step === 'end') return;
      if ('failure' in step) throw step.failure;
      next = waitForStep();
      yield step.answer;
      goOn();
    }
  } finally {
    leave();
  }
}
