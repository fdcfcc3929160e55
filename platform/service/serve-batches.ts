import { BatchService, type CarryOutRequest } from '../../generated/opora/batch/v1/batch.ts';
import { AppError } from '../errors/app-error.ts';
import { bindMethods, decodeRequest } from '../rpc/server.ts';
import type { BoundMethod } from '../rpc/transport.ts';
import { batchMethods } from './carry-out.ts';
import { serve } from './define-service.ts';
import type { OpenedService } from './open-service.ts';
import type { Ground } from './run-services.ts';

/** Batches of calls of the services of this process. Each is bound to its own service's database, where its effects and its idempotency key are written together. */
export async function serveBatches(services: readonly OpenedService[], { engines, contract, clock, newId, metrics }: Ground): Promise<void> {
  const name = 'CarryOut';
  const method = contract.method(BatchService.name, name);
  const bound = new Map(
    services.map(({ name: service, database, log, methods }) => {
      const served = [serve(BatchService, batchMethods({ database, find: (fullName) => findMethod(methods, fullName) }))];
      const own = bindMethods({ served, contract, database, clock, newId, log, metrics, recallsFirst: true });
      return [service, own[BatchService.name]?.[name]] as const;
    }),
  );

  const carryOut: BoundMethod = async (bytes, options) => {
    const { service } = decodeRequest(bytes, method, contract) as CarryOutRequest;
    const run = bound.get(service);
    if (!run) throw new AppError('not_found', `There is no service "${service}" here. Known: ${[...bound.keys()].join(', ')}.`);
    return run(bytes, options);
  };
  await engines.rpc.serve(BatchService.name, { [name]: carryOut });
}

function findMethod(methods: OpenedService['methods'], fullName: string): BoundMethod | undefined {
  const [service = '', name = ''] = fullName.split('/');
  const ofService = Object.hasOwn(methods, service) ? methods[service] : undefined;
  return ofService && Object.hasOwn(ofService, name) ? ofService[name] : undefined;
}
