import { compileModel } from '../model/compile-model.ts';
import { readPacks } from '../../model/read-packs.ts';
import { kindOfService, rankServices } from './rank-services.ts';
