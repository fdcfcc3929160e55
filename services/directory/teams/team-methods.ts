import type { TeamService } from '../../../generated/opora/directory/v1/teams.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { skill } from './skill.ts';
import { team } from './team.ts';

export function teamMethods(database: Database): TeamService {
  const teams = recordUseCases(team, database);
  const skills = recordUseCases(skill, database);
  return {
    createTeam: teams.create,
    getTeam: ({ id }) => teams.find(id),
    listTeams: teams.list,
    updateTeam: teams.update,
    listTeamHistory: teams.history,
    createSkill: skills.create,
    getSkill: ({ id }) => skills.find(id),
    listSkills: skills.list,
    updateSkill: skills.update,
    listSkillHistory: skills.history,
  };
}
