import { createLogger } from '../log/logger.ts';
import { createGrpcTransport } from './grpc.ts';
import { transportContract } from './transport.contract.ts';

transportContract('by gRPC', (contract) => {
  const open = (findPeer: () => string) =>
    createGrpcTransport({ contract, host: '127.0.0.1', port: 0, findPeer, proof: { key: 'k'.repeat(32) }, log: createLogger({ level: 'silent' }) });
  const serving = open(() => 'none');
  return { serving, calling: open(() => `127.0.0.1:${serving.port()}`) };
});
