import type { Language } from './language.ts';

/** Starts Swagger UI; served as a file of its own, because the content security policy lets no inline script run. */
export const docsScript = `window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: 'list',
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

const style = `body { margin: 0 }
@media (prefers-color-scheme: dark) {
  body { background: #12161c }
  #docs { filter: invert(.9) hue-rotate(180deg) }
}`;

export function docsPage(language: Language): string {
  const [title, noScript] =
    language === 'ru'
      ? ['API Опоры', 'Эта страница требует JavaScript; само описание:']
      : ['Opora API', 'This page needs JavaScript; the description itself:'];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<style>${style}</style>
</head>
<body>
<div id="docs"></div>
<noscript>${noScript} <a href="/api/openapi.json">/api/openapi.json</a></noscript>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;
}
