import type { MethodModel } from './model.ts';

export type Routed = MethodModel & { http: NonNullable<MethodModel['http']> };

export function isRouted(method: MethodModel): method is Routed {
  return method.http !== undefined;
}

/** `/api/v1/tickets/:id\:import` → `/api/v1/tickets/{id}:import` */
export function toTemplate(expressPath: string): string {
  return expressPath.replace(/\\(.)|:(\w+)/g, (_, literal: string | undefined, field: string) => literal ?? `{${field}}`);
}
