import { escapeHtml, type Language } from './language.ts';

const style = `
:root { color-scheme: light dark; --ink: #1b2430; --paper: #f7f8fa; --card: #fff; --line: #dfe4ea; --soft: #5b6776; --link: #0b62c4; --good: #1a7f4b; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --paper: #12161c; --card: #1a2029; --line: #2c3541; --soft: #9aa7b6; --link: #78b4ff; --good: #5fd39a; --bad: #ff8a80 }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1rem 4rem }
h1 { margin: 0 0 .25rem; font-size: 1.9rem }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem }
p { margin: .25rem 0 1rem }
.soft { color: var(--soft) }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); overflow: hidden }
li { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; padding: .55rem .9rem }
li + li { border-top: 1px solid var(--line) }
a { color: var(--link) }
.good { color: var(--good) }
.bad { color: var(--bad) }
`;

/** A page that needs no script, works on a phone and in the dark. `content` is HTML. */
export function layOut({ language, title, content }: { language: Language; title: string; content: string }): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body><main>
${content}
</main></body>
</html>
`;
}
