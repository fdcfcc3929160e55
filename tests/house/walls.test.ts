import { createRequire } from 'node:module';
import { runTool } from './run-tool.ts';

const require = createRequire(import.meta.url);
const { forbidden } = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };

describe('the walls of the house', () => {
  const { failed, output } = runTool('node', ['scripts/check/walls.mjs', 'tests/house/fixtures/walls']);
  const broken = [...output.matchAll(/^(\S+): (\S+) → /gm)].map(([, rule, file]) => `${rule} ${file}`);

  it('are told by name, with the file that breaks each', () => {
    expect(failed).toBe(true);
    expect(broken.toSorted()).toEqual([
      'connectors-stand-alone connectors/bitrix/knows-stock.ts',
      'connectors-stand-alone connectors/zabbix/knows-bitrix.ts',
      'domain-is-pure services/orders/domain/knows-storage.ts',
      'domain-is-pure services/orders/domain/reads-a-file.ts',
      'engines-are-chosen-once services/orders/chooses-adapter.ts',
      'engines-are-chosen-once services/orders/chooses-engine.ts',
      'imports-exist services/stock/goes-nowhere.ts',
      'no-cycles platform/thing/first.ts',
      'no-tests-in-code services/orders/uses-a-test.ts',
      'platform-knows-no-service platform/thing/knows-orders.ts',
      'services-meet-only-through-proto services/orders/orders.ts',
    ]);
  });

  it('are all broken somewhere in the fixture, so that none can stop working unseen', () => {
    expect(new Set(broken.map((line) => line.split(' ')[0]))).toEqual(new Set(forbidden.map((rule) => rule.name)));
  });

  it('are not called sound when the tool saw fewer files than there are', () => {
    const blind = runTool('node', ['--require', './tests/house/fixtures/walls-unseen.cjs', 'scripts/check/walls.mjs', 'tests/house/fixtures/walls']);
    expect(blind.failed).toBe(true);
    expect(blind.output).toContain('not-cruised: services/orders/orders.ts');
    expect(blind.output).toContain('0 broken walls in 0 of 20 files');
  });
});
