import { nameItem } from './bind.ts';

const binding = { itemLabels: ['instance', 'host', 'node'], withoutPort: true };

describe('naming the configuration item of an alert', () => {
  it.each([
    [{ instance: '10.0.0.5:9100' }, { label: 'instance', name: '10.0.0.5' }],
    [
      { host: 'db-1', node: 'n' },
      { label: 'host', name: 'db-1' },
    ],
    [{ instance: '[fe80::1]:9100' }, { label: 'instance', name: 'fe80::1' }],
    [{ instance: 'fe80::1' }, { label: 'instance', name: 'fe80::1' }],
    [
      { instance: '', node: 'насосная-3' },
      { label: 'node', name: 'насосная-3' },
    ],
    [{ job: 'x' }, undefined],
  ])('finds it in %j', (labels, expected) => {
    expect(nameItem(labels as Record<string, string>, binding)).toEqual(expected);
  });

  it('keeps the port where the source says that it counts', () => {
    expect(nameItem({ instance: 'a:1' }, { ...binding, withoutPort: false })).toEqual({ label: 'instance', name: 'a:1' });
  });
});
