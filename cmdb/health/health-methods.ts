import type * as contract from '../../generated/opora/cmdb/v1/health.ts';
import { AppError } from '../../platform/errors/app-error.ts';
import { findingKinds, type HealthCounts, scoreHealth } from '../domain/health/score.ts';
import { type CompiledModel, classesWithin } from '../domain/model/compile-model.ts';
import { countDays, toDay } from '../domain/reminders/next-reminder.ts';
import type { PageParts } from '../sources/take-page.ts';
import { startMeasure } from './keep-health.ts';
import { listFindings } from './list-findings.ts';
import { type MeasureRun, type Part, readByClass, readByDay, readBySource, readLastDone, readRunning } from './measure-store.ts';

const day = 24 * 3_600_000;
const mostDays = 400;
const usualDays = 90;

/** The contract's methods, each mapped to its use case and back. */
export function healthMethods({ database, model }: PageParts): contract.HealthService {
  return {
    async getHealth(request) {
      const part = toPart(request, await model());
      const [run, running] = await Promise.all([readLastDone(database), readRunning(database)]);
      const [classes, sources] = run ? await Promise.all([readByClass(database, run.id, part), readBySource(database, run.id, part)]) : [[], []];
      return {
        ...(run?.finishedAt && { measuredAt: run.finishedAt.toISOString(), all: toFigures(addUp(classes)) }),
        classes: classes.map(({ class: name, ...counts }) => ({ class: name, figures: toFigures(counts) })),
        sources: sources.map(({ source, ...counts }) => ({ source, figures: toFigures(counts) })),
        ...(running && { measuring: toRun(running) }),
      };
    },
    async getHealthHistory(request, call) {
      const { to = toDay(call.now) } = request;
      const { from = toDay(Date.parse(to) - usualDays * day) } = request;
      const days = countDays(from, to);
      if (days < 0 || days >= mostDays)
        throw new AppError('invalid_input', 'So many days cannot be told.', {
          violations: [{ pointer: '/from', message: `must not be after "to", nor ${mostDays} days or more before it` }],
        });
      const found = await readByDay(database, { from, to }, toPart(request, await model()));
      return { items: found.map(({ day: on, ...counts }) => ({ day: on, figures: toFigures(counts) })) };
    },
    listHealthFindings: async (request) => listFindings(database, request, await model()),
    measureHealth: (_, call) => startMeasure(database, call, toRun),
  };
}

function toPart({ class: name, source }: { class?: string; source?: string }, model: CompiledModel): Part {
  return { classes: name === undefined ? undefined : classesWithin(model, name), source };
}

function addUp(all: readonly HealthCounts[]): HealthCounts {
  const sum = (name: keyof HealthCounts) => all.reduce((total, counts) => total + counts[name], 0);
  const kinds = Object.fromEntries(findingKinds.map((kind) => [kind, sum(kind)])) as Record<(typeof findingKinds)[number], number>;
  return { ...kinds, items: sum('items'), completeness: sum('completeness') };
}

function toFigures(counts: HealthCounts): contract.HealthFigures {
  const { items, completeness } = counts;
  return { ...counts, score: scoreHealth(counts), completeness: items === 0 ? 1 : Math.round((1000 * completeness) / items) / 1000 };
}

function toRun({ id, status, checked, total, startedAt }: MeasureRun): contract.HealthRun {
  return { id, status, checked, ...(total !== null && { total }), startedAt: startedAt.toISOString() };
}
