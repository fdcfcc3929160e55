import { createInProcessTransport } from './in-process.ts';
import { transportContract } from './transport.contract.ts';

transportContract('within a process', () => {
  const transport = createInProcessTransport();
  return { serving: transport, calling: transport };
});
