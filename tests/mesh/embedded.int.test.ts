import { describeScenarios } from './scenarios.ts';
import { type EmbeddedHub, startEmbeddedHub } from './start-embedded.ts';

describe('the hub in one process', () => {
  let hub: EmbeddedHub;
  beforeAll(async () => {
    hub = await startEmbeddedHub();
  }, 90_000);
  afterAll(() => hub?.remove(), 30_000);

  describeScenarios(() => hub);
});
