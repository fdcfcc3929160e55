import { kindOfService } from './kind-of-service.ts';

const parents: Readonly<Record<string, string>> = {
  business_service: 'service',
  service_offering: 'service',
  service_instance: 'service',
  application_service: 'service_instance',
  technology_management_offering: 'service_offering',
};
const isA = (name: string, ancestor: string): boolean => name === ancestor || (parents[name] !== undefined && isA(parents[name] ?? '', ancestor));

it('tells services from other items, and their kind, through what their classes inherit from', () => {
  const classes = ['business_service', 'technology_management_offering', 'application_service', 'business_application', 'server'];
  expect(classes.map((name) => kindOfService(name, { isA }))).toEqual(['service', 'offering', 'instance', 'application', undefined]);
});
