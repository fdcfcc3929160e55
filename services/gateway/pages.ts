import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Express, Response } from 'express';
import { sendJson } from '../../platform/http/answer.ts';
import { allowOnly, type Edge } from '../../platform/http/create-edge.ts';
import type { Parts } from '../../platform/service/define-service.ts';
import { describeDoors } from './describe-doors.ts';
import { docsPage, docsScript } from './pages/docs-page.ts';
import { homePage } from './pages/home-page.ts';
import { chooseLanguage } from './pages/language.ts';
import { problemsPage } from './pages/problems-page.ts';

const swaggerFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const swaggerFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Pages for people and the contract as documents. Everything comes from here, nothing from other hosts. */
export function mountPages(app: Express, edge: Edge, { contract, readiness }: Pick<Parts, 'contract' | 'readiness'>): void {
  const openapi = describeDoors(contract.openapi);
  app.get('/', edge.admit, async (request, response) => sendHtml(response, homePage(chooseLanguage(request), (await readiness()).parts)));
  app.get(['/problems', '/problems/:kind'], edge.admit, (request, response) => sendHtml(response, problemsPage(chooseLanguage(request))));
  app.get('/api/openapi.json', edge.admit, (_request, response) => sendJson(response, 200, openapi));
  app.get('/api/asyncapi.json', edge.admit, (_request, response) => sendJson(response, 200, contract.asyncapi));
  app.get('/api/docs', edge.admit, (request, response) => sendHtml(response, docsPage(chooseLanguage(request))));
  app.get('/api/docs/start.js', edge.admit, (_request, response) => {
    response.setHeader('content-type', 'text/javascript; charset=utf-8');
    response.end(docsScript);
  });
  for (const file of swaggerFiles) {
    app.get(`/api/docs/${file}`, edge.admit, (_request, response) => response.sendFile(file, { root: swaggerFolder, maxAge: '1h' }));
  }
  app.all(['/', '/api/openapi.json', '/api/asyncapi.json', '/api/docs'], allowOnly(['get']));
}

export function sendHtml(response: Response, html: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('vary', 'accept-language');
  response.setHeader('cache-control', 'no-store');
  response.end(html);
}
