import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cgiOptionTable } from '../../src/gateways/cgi/options.ts';
import { type OptionRow, optionTable } from '../../src/gateways/options.ts';
import { serve } from '../../src/gateways/serve.ts';
import { pythonOptionTable } from '../../src/python/options.ts';
import { balanceOptionTable, upstreamOptionTable } from '../../src/upstream/options.ts';
import { VERSION } from '../../src/wsgi/version.ts';

const HEADER = `# Options

Every option of \`serve\`, its flag of \`wizgi serve\`, its default and what it does. This page is made from
the tables in \`src/gateways/options.ts\`, \`src/python/options.ts\` and \`src/upstream/options.ts\`;
\`npx vitest run test/docs -u\` writes it anew.

| Option | Flag | Default | What it does |
|---|---|---|---|
`;

const PYTHON_HEADER = `
## Python applications

Options of \`python()\`, which for its applications also has \`timeout\` and \`gracefulTimeout\`, and their
flags of \`wizgi serve\` for a TARGET in Python.

| Option | Flag | Default | What it does |
|---|---|---|---|
`;

const UPSTREAM_HEADER = `
## Upstream servers

Options of \`forward()\` and \`balance()\`, which also have \`bodyInMemory\`, \`spoolDirectory\` and
\`gracefulTimeout\`, and their flags of \`wizgi serve\` for a TARGET that is a URL; see [upstream.md](upstream.md).

| Option | Flag | Default | What it does |
|---|---|---|---|
`;

const BALANCE_HEADER = `
Those of \`balance()\` only, or of a TARGET of several URLs:

| Option | Flag | Default | What it does |
|---|---|---|---|
`;

const SHARED_WITH_CGI = Object.keys(cgiOptionTable)
  .filter((name) => name in optionTable)
  .map((name) => `\`${name}\``)
  .join(', ');

const CGI_HEADER = `
## CGI

\`wizgi cgi\` and \`cgi()\` have of the server's options those that say something of a single request, with
the same flags: ${SHARED_WITH_CGI}. And one of their own:

| Option | Flag | Default | What it does |
|---|---|---|---|
`;

function defaultText({ default: value }: OptionRow): string {
  if (value === tmpdir()) return "the system's directory for temporary files";
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'none';
  return `\`${Array.isArray(value) ? value.join(' ') : value}\``;
}

function optionLine([name, row]: [string, OptionRow]): string {
  const flags = [row.short && `\`-${row.short}\``, `\`--${row.flag}\``].filter(Boolean).join(', ');
  const unit = row.kind === 'seconds' ? ' s' : row.kind === 'bytes' ? ' bytes' : '';
  return `| \`${name}\` | ${flags} | ${defaultText(row)}${unit} | ${row.help} |\n`;
}

describe('documentation', () => {
  it('docs/options.md is the table of options', async () => {
    const rows = Object.entries<OptionRow>(optionTable).map(optionLine).join('');
    const pythonRows = Object.entries<OptionRow>(pythonOptionTable).map(optionLine).join('');
    const cgiRow = optionLine(['nph', cgiOptionTable.nph]);
    const upstreamRows = Object.entries<OptionRow>(upstreamOptionTable).map(optionLine).join('');
    const balanceRows = Object.entries<OptionRow>(balanceOptionTable).map(optionLine).join('');
    const page = [
      ...[HEADER, rows, CGI_HEADER, cgiRow, PYTHON_HEADER, pythonRows],
      ...[UPSTREAM_HEADER, upstreamRows, BALANCE_HEADER, balanceRows],
    ];
    await expect(page.join('')).toMatchFileSnapshot('../../docs/options.md');
  });

  it('docs/environ.md lists exactly the keys that an application gets', async () => {
    const documented = [
      ...readFileSync('docs/environ.md', 'utf8').matchAll(/^\| `([^`]+)` \| (\w+)/gm),
    ];
    const always = documented.filter(([, , when]) => when === 'always').map(([, key]) => key);
    let keys: string[] = [];
    const server = await serve(
      (environ, startResponse) => {
        keys = Object.keys(environ);
        startResponse('200 OK', []);
        return [];
      },
      { bind: ['127.0.0.1:0'] },
    );
    await new Promise((resolve) => get(`${server.addresses[0]}/`, resolve));
    await server.close();
    expect(keys.filter((key) => !key.startsWith('HTTP_')).sort()).toEqual(always.sort());
  });

  it('the version is that of the package', () => {
    expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });

  it('ARCHITECTURE.md stays a page that can be read in one sitting', () => {
    expect(readFileSync('ARCHITECTURE.md', 'utf8').split('\n').length).toBeLessThanOrEqual(151);
  });

  it('decisions stay at most a page each, numbered without gaps', async () => {
    const { readdirSync } = await import('node:fs');
    const names = readdirSync('docs/decisions').sort();
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(
      names.map((_, index) => index + 1),
    );
    for (const name of names) {
      expect(readFileSync(`docs/decisions/${name}`, 'utf8').split('\n').length, name).toBeLessThan(
        60,
      );
    }
  });
});
