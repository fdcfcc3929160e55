import { kindOfService, type RankedService, rankServices } from './rank-services.ts';

const parents: Readonly<Record<string, string>> = {
  business_service: 'service',
  service_offering: 'service',
  service_instance: 'service',
  application_service: 'service_instance',
  technology_management_offering: 'service_offering',
};
const isA = (name: string, ancestor: string): boolean => name === ancestor || (parents[name] !== undefined && isA(parents[name] ?? '', ancestor));

describe('services', () => {
  it('are told from other items, and by kind, through what their classes inherit from', () => {
    const classes = ['business_service', 'technology_management_offering', 'application_service', 'business_application', 'server'];
    expect(classes.map((name) => kindOfService(name, { isA }))).toEqual(['service', 'offering', 'instance', 'application', undefined]);
  });

  it('are ranked by criticality, then by what the business gets, then by nearness', () => {
    const service = (id: string, kind: RankedService['kind'], criticality: string | null, distance: number) => ({ id, kind, criticality, distance });
    const ranked = rankServices([
      service('a', 'service', null, 1),
      service('b', 'instance', 'high', 1),
      service('c', 'offering', 'high', 3),
      service('d', 'offering', 'high', 2),
      service('e', 'instance', 'critical', 6),
      service('f', 'service', 'as you like', 1),
    ]);
    expect(ranked.map(({ id }) => id).join('')).toBe('edcbaf');
  });
});
