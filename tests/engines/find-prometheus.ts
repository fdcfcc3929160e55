import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

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

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return [path];
    } catch {
      return [];
    }
  })[0];
}
