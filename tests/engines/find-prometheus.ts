import { findProgram } from './find-program.ts';

export interface PrometheusPrograms {
  prometheus: string;
  alertmanager: string;
}

/** The programs of Debian's packages `prometheus` and `prometheus-alertmanager`, or what others call them; undefined when one is missing. */
export function findPrometheus(): PrometheusPrograms | undefined {
  const prometheus = findProgram('prometheus');
  const alertmanager = findProgram('prometheus-alertmanager') ?? findProgram('alertmanager');
  return prometheus !== undefined && alertmanager !== undefined ? { prometheus, alertmanager } : undefined;
}
