import { failureTypes, itemClasses, relationTypes } from './model.ts';

describe('the model', () => {
  it('names classes and types of relations so that they can be part of a query', () => {
    expect([...itemClasses.keys(), ...relationTypes.keys()].filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))).toEqual([]);
  });

  it('lets failure travel from a server to what runs on it, and from a pump to the station that it is part of', () => {
    expect(failureTypes.backward).toEqual(['depends_on', 'runs_on', 'hosted_on', 'located_in', 'connected_to', 'replicates_with']);
    expect(failureTypes.forward).toEqual(['part_of', 'supplies', 'replicates_with']);
  });
});
