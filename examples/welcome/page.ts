import { inspect } from 'node:util';
import type { Environ } from 'wizgi';

/** The other examples: path, file and what is worth seeing. */
const EXAMPLES = [
  ['hello', 'hello.ts', 'The smallest application.'],
  ['path-info/any/where', 'path-info.ts', 'Answers with the path that was asked for.'],
  ['class-app', 'class-app.ts', 'A class: each instance is a response.'],
  ['object-app', 'object-app.ts', 'An object with a call method, which counts its visitors.'],
  ['generator', 'generator.ts', 'A generator: the body is made while it is sent.'],
  ['legacy-write', 'legacy-write.ts', "PEP 3333's older way, write()."],
  ['error-restart', 'error-restart.ts', 'Fails, and restarts its response with an error.'],
  ['middleware', 'middleware.ts', 'Hello again, through upper-case middleware.'],
  ['routing', 'routing.ts', 'Several applications, told apart by their prefix.'],
  ['stream?lines=10', 'stream.ts', 'An asynchronous body: a line each second.'],
] as const;

/** The page for one request. */
export function welcomePage(environ: Environ): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>wizgi is running</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230f766e'/%3E%3Cpath d='M7 10l4.5 12L16 12l4.5 10L25 10' fill='none' stroke='white' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E">
<link rel="stylesheet" href="style.css">
<script src="script.js" defer></script>
</head>
<body>
<header>
<p class="status"><span class="dot" aria-hidden="true"></span>The server is running</p>
<h1>Hello from <strong>wizgi</strong></h1>
<p class="lead">WSGI for TypeScript. This page is an application, <code>examples/welcome.ts</code>:
a function that is given your request and returns the blocks of its response.</p>
</header>
<main>

<section aria-labelledby="stream-title">
<h2 id="stream-title">A response that streams</h2>
<p>This box is fed by one response, which takes five seconds. Each line is shown as it arrives.</p>
<pre class="screen" id="stream" role="log" aria-live="polite" tabindex="0" aria-labelledby="stream-title"></pre>
<noscript><iframe src="stream" title="A response that streams"></iframe></noscript>
<p><button type="button" id="stream-again" hidden>Stream it again</button></p>
</section>

<section aria-labelledby="upload-title">
<h2 id="upload-title">An upload</h2>
<p>Choose a file. It is sent with <code>PUT</code>, read as it comes, and answered with its size and SHA-256.</p>
<form id="upload" method="post" action="upload" enctype="text/plain">
<p class="needs-script" hidden><label for="file">File</label> <input type="file" id="file"></p>
<p><label for="text">or some text</label> <textarea id="text" name="text" rows="2">Hello, server!</textarea></p>
<p><button type="submit">Upload</button></p>
</form>
<pre class="screen small" id="upload-result" role="status" aria-live="polite"></pre>
</section>

<section class="wide" aria-labelledby="examples-title">
<h2 id="examples-title">The other examples</h2>
<p>Each is a small file in <code>examples/</code>; <code>wizgi serve examples/hello.ts</code> serves one alone.</p>
<ul class="cards">
${EXAMPLES.map(card).join('\n')}
</ul>
</section>

<section class="wide" aria-labelledby="environ-title">
<h2 id="environ-title">Your request</h2>
<p>The <code>environ</code> of this very request: CGI variables, your browser's headers as
<code>HTTP_…</code>, and what the server adds.</p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="environ-title">
<table>
<thead><tr><th scope="col">Key</th><th scope="col">Value</th></tr></thead>
<tbody>
${Object.keys(environ)
  .sort(byGroup)
  .map((key) => row(key, environ[key]))
  .join('\n')}
</tbody>
</table>
</div>
</section>

</main>
<footer><p>Change <code>examples/welcome.ts</code> and start again, or serve your own:
<code>wizgi serve app.ts</code></p></footer>
</body>
</html>
`;
}

function card([path, file, text]: (typeof EXAMPLES)[number]): string {
  return `<li><a href="${escapeHtml(path)}">${escapeHtml(file)}</a><span>${escapeHtml(text)}</span></li>`;
}

function row(key: string, value: unknown): string {
  const shown =
    typeof value === 'string' ? value : inspect(value, { depth: Array.isArray(value) ? 0 : -1 });
  const cell = shown === '' ? '<i>empty</i>' : escapeHtml(shown);
  return `<tr><th scope="row">${escapeHtml(key)}</th><td>${cell}</td></tr>`;
}

/** CGI variables first, then headers, then the keys with a dot. */
function byGroup(one: string, other: string): number {
  return group(one) - group(other) || (one < other ? -1 : 1);
}

function group(key: string): number {
  if (key.includes('.')) return 2;
  return key.startsWith('HTTP_') ? 1 : 0;
}

/** Text as HTML. All that came with a request must go through here. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
