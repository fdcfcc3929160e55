import type { PartState, PartStates } from '../service/readiness.ts';

/** What a process tells of itself: its services and the engines that it uses, by name, and whether they are ready. Undefined: it did not answer. */
export type Report = Readonly<Record<string, boolean>> | undefined;

export interface MeshReadinessOptions {
  /** Of the whole mesh. */
  services: readonly string[];
  engines: readonly string[];
  /** What this process tells of itself. */
  own(): NonNullable<Report>;
  /** What the process of another service tells; rejects when it does not answer within `milliseconds`. */
  ask(service: string, milliseconds: number): Promise<NonNullable<Report>>;
}

/** Below the second that Kubernetes gives a probe. */
const patience = 500;
/** However often somebody asks, the mesh is asked only so often. */
const keptFor = 1_000;

/** How the mesh is as seen from here: all of its processes are asked at the same time. */
export function createMeshReadiness({ services, engines, own, ask }: MeshReadinessOptions): () => Promise<PartStates> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let kept: Promise<PartStates> | undefined;

  async function collect(): Promise<PartStates> {
    const reports = await Promise.all(
      services.map(async (service): Promise<[string, Report]> => {
        if (own()[service] !== undefined) return [service, own()];
        return [service, await ask(service, patience).catch(() => undefined)];
      }),
    );
    return judgeMesh(engines, new Map(reports));
  }

  return () => {
    const now = performance.now();
    if (kept && now - askedAt < keptFor) return kept;
    askedAt = now;
    kept = collect();
    return kept;
  };
}

/** A service is as its own process tells; an engine is ready when it answers all who use it. */
export function judgeMesh(engines: readonly string[], reports: ReadonlyMap<string, Report>): PartStates {
  return Object.fromEntries([
    ...[...reports].map(([service, report]) => [service, judgeService(service, report)] as const),
    ...engines.map((engine) => [engine, judgeEngine(engine, reports)] as const),
  ]);
}

function judgeService(service: string, report: Report): PartState {
  if (report?.[service] === true) return { ready: true };
  return { ready: false, trouble: report ? 'closed' : 'silent' };
}

function judgeEngine(engine: string, reports: ReadonlyMap<string, Report>): PartState {
  const users = [...reports].filter(([, report]) => report?.[engine] !== undefined);
  if (users.length === 0) return { ready: false, trouble: 'unseen' };
  const to = users.filter(([, report]) => report?.[engine] === false).map(([service]) => service);
  if (to.length === 0) return { ready: true };
  return { ready: false, trouble: 'silent', ...(to.length < users.length && { to }) };
}
