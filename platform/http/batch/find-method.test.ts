import type { RestMethod } from '../rest-call.ts';
import { methodFinder } from './find-method.ts';

const collection = '/api/v1/pumps';
const methods = [
  ['post', ''],
  ['patch', '/:id'],
  ['delete', '/:id'],
  ['post', '/:id/parts/:part'],
  ['post', '/test'],
  ['post', String.raw`/:id\:stop`],
].map(([verb, path]): RestMethod => {
  const http = { verb, path: `${collection}${path}`, pathFields: [], body: true, query: {}, status: 200 } as RestMethod['http'];
  return {
    service: 's',
    name: `${verb} ${path}`,
    request: 'r',
    response: 'r',
    permissions: [],
    public: false,
    retrySafe: false,
    needsIfMatch: false,
    http,
  };
});
const find = methodFinder(collection, methods);
const nameOf = (method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path?: string) => {
  const { method: found, ...more } = find({ method, ...(path !== undefined && { path }) });
  return [found.name, more.path];
};

describe('the method that an operation means', () => {
  it('is found by its verb and its path in the collection, with the fields of the path decoded', () => {
    expect(nameOf('POST')).toEqual(['post ', {}]);
    expect(nameOf('POST', '')).toEqual(['post ', {}]);
    expect(nameOf('PATCH', '/a%20b')).toEqual(['patch /:id', { id: 'a b' }]);
    expect(nameOf('DELETE', '/%D0%9D-1')).toEqual(['delete /:id', { id: 'Н-1' }]);
    expect(nameOf('POST', '/7/parts/8')).toEqual(['post /:id/parts/:part', { id: '7', part: '8' }]);
    expect(nameOf('POST', '/7:stop')).toEqual([String.raw`post /:id\:stop`, { id: '7' }]);
    expect(nameOf('POST', '/test')).toEqual(['post /test', {}]);
  });

  it('may have a query', () => {
    expect(find({ method: 'DELETE', path: '/7?force=true&tag=a&tag=b%2B' }).query).toEqual({ force: ['true'], tag: ['a', 'b+'] });
  });

  it('is none where nothing stands, and not of another collection', () => {
    for (const path of ['/', '/7/', '/7/parts', '/7/parts/8/9', '/../accounts/1', '//7']) {
      expect(() => find({ method: 'POST', path })).toThrow(expect.objectContaining({ kind: 'not_found' }));
    }
  });

  it('is refused where other verbs stand, which are named', () => {
    expect(() => find({ method: 'PUT', path: '/7' })).toThrow('takes PATCH, DELETE');
    expect(() => find({ method: 'DELETE' })).toThrow(expect.objectContaining({ kind: 'method_not_allowed' }));
  });

  it('is refused when its path is not encoded as a URL must be, or holds what no record can', () => {
    expect(() => find({ method: 'PATCH', path: '/%zz' })).toThrow(expect.objectContaining({ kind: 'malformed' }));
    expect(() => find({ method: 'PATCH', path: '/%00' })).toThrow(expect.objectContaining({ kind: 'invalid_input' }));
  });
});
