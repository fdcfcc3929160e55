import type { DepartmentService, OrganizationService, SiteService } from '../../../generated/opora/directory/v1/organizations.ts';
import type { Database } from '../../../platform/postgres/database.ts';
import { recordUseCases } from '../records/record-use-cases.ts';
import { department } from './department.ts';
import { legalEntity } from './legal-entity.ts';
import { organization } from './organization.ts';
import { site } from './site.ts';

export function organizationMethods(database: Database): OrganizationService {
  const organizations = recordUseCases(organization, database);
  const legalEntities = recordUseCases(legalEntity, database);
  return {
    createOrganization: organizations.create,
    getOrganization: ({ id }) => organizations.find(id),
    listOrganizations: organizations.list,
    updateOrganization: organizations.update,
    listOrganizationHistory: organizations.history,
    createLegalEntity: legalEntities.create,
    getLegalEntity: ({ id }) => legalEntities.find(id),
    listLegalEntities: legalEntities.list,
    updateLegalEntity: legalEntities.update,
    listLegalEntityHistory: legalEntities.history,
  };
}

export function siteMethods(database: Database): SiteService {
  const sites = recordUseCases(site, database);
  return {
    createSite: sites.create,
    getSite: ({ id }) => sites.find(id),
    listSites: sites.list,
    updateSite: sites.update,
    listSiteHistory: sites.history,
  };
}

export function departmentMethods(database: Database): DepartmentService {
  const departments = recordUseCases(department, database);
  return {
    createDepartment: departments.create,
    getDepartment: ({ id }) => departments.find(id),
    listDepartments: departments.list,
    updateDepartment: departments.update,
    listDepartmentHistory: departments.history,
  };
}
