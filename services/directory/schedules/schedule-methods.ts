import type { ScheduleService } from '../../../generated/opora/directory/v1/schedules.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { workSchedule } from './work-schedule.ts';
import { workingTimeUseCases } from './working-time.ts';

export function scheduleMethods(database: Database): ScheduleService {
  const schedules = recordUseCases(workSchedule, database);
  const workingTime = workingTimeUseCases(database);
  return {
    createWorkSchedule: schedules.create,
    getWorkSchedule: ({ id }) => schedules.find(id),
    listWorkSchedules: schedules.list,
    updateWorkSchedule: schedules.update,
    listWorkScheduleHistory: schedules.history,
    listOnShift: (request, call) => workingTime.listOnShift(request, call.now),
    getWorkingTime: (request, call) => workingTime.getWorkingTime(request, call.now),
  };
}
