import type { GenericContainer } from 'testcontainers';

export interface Containers {
  /** Where the ports of containers are reached. */
  readonly host: string;
  /** `readyLine` stands in its log when it can be used. */
  create(image: string, readyLine: string): GenericContainer;
}

/** Docker, Podman or whatever testcontainers finds; the `docker` command alone says nothing, its daemon may be absent. */
export async function findContainers(): Promise<Containers | undefined> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  try {
    const { info } = await getContainerRuntimeClient();
    return {
      host: info.containerRuntime.host,
      create: (image, readyLine) => new GenericContainer(image).withWaitStrategy(Wait.forLogMessage(readyLine)),
    };
  } catch {
    return undefined;
  }
}
