import { readConfig } from '../config/read-config.ts';
import { findPeer, grpcConfig } from './grpc-config.ts';

const key = 'k'.repeat(32);
const read = (env: Record<string, string>) => readConfig({ grpc: grpcConfig }, env).grpc;

describe('the configuration of the mesh', () => {
  it('finds a service where it is said to be, else at its own name', () => {
    const config = read({ OPORA_MESH_KEY: key, OPORA_GRPC_PEERS: 'tickets=127.0.0.1:50061, sla=10.0.0.2:50062' });
    expect(findPeer(config, 'sla')).toBe('10.0.0.2:50062');
    expect(findPeer(config, 'cmdb')).toBe('cmdb:50051');
  });

  it.each([
    [{}, /OPORA_MESH_KEY is not set: without mutual TLS/],
    [{ OPORA_TLS_CERT: 'a.pem', OPORA_TLS_KEY: 'a.key' }, /mutual TLS needs all of/],
    [{ OPORA_MESH_KEY: 'short' }, /OPORA_MESH_KEY is set \(5 characters\): needs at least 32/],
    [{ OPORA_MESH_KEY: key, OPORA_GRPC_PEERS: 'tickets:50061' }, /"tickets:50061" is not like tickets=127.0.0.1:50061/],
  ])('refuses %j', (env, complaint) => {
    expect(() => read(env as Record<string, string>)).toThrow(complaint);
  });
});
