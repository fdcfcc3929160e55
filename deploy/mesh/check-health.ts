import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

const serving = 1;

/** Throws unless the process at this gRPC address says that it serves (grpc.health.v1). */
export async function checkHealth(address: string): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  try {
    const status = await new Promise<number>((resolve, reject) => {
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        // Both messages have one field: the name of a service, empty for all of them, and a status.
        () => Buffer.alloc(0),
        (answer) => answer[1] ?? 0,
        {},
        { deadline: Date.now() + 2000 },
        (error: ServiceError | null, answer?: number) => (error ? reject(error) : resolve(answer ?? 0)),
      );
    });
    if (status !== serving) throw new Error(`${address} does not serve yet`);
  } finally {
    client.close();
  }
}
