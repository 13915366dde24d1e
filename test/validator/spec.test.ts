import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Rule, type Subject, subjects } from '../../src/validator/index.ts';

const HEADER = `# The contract

What an application and a server owe each other: the rules that \`wizgi/validator\` and \`wizgi check\` hold them
to. Each comes from [PEP 3333](https://peps.python.org/pep-3333/), WSGI, or from an RFC of HTTP. They hold for
TypeScript and for Python alike, but for the asynchronous forms, which are TypeScript's only.

This page is made from the rules in \`src/validator/rules/\`; \`npx vitest run test/validator -u\` writes it anew.
[docs/validator.md](docs/validator.md) says how to have them checked.

## An application

- is called with two arguments, \`environ\`, the request, and \`startResponse\`, which begins the response;
- calls \`startResponse(status, headers)\` before it gives its first block of content;
- returns an iterable of blocks; in TypeScript it may be asynchronous, or come in a promise;
- may give that a method \`close()\`, which is called when the request is over.

\`\`\`ts
const application: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [\`You asked for \${environ.PATH_INFO}\\n\`];
};
\`\`\`

## A server

- calls the application once for each request, with an \`environ\` of its own;
- sends nothing before the first block that is not empty, or the end;
- hands each block over before it asks for the next, and delays none;
- calls \`close()\`, once, however the request ended.

A **middleware** is both: a server to the application that it wraps, an application to the server.

## The rules

An **error** breaks the contract, so that some server or some application fails at it. A **warning** is about what
the contract only advises against, or what nobody is likely to have meant. The **side** is who is at fault.
`;

const TABLE = `
| Rule | Side | | What holds, and what to do | Reference |
|---|---|---|---|---|
`;

function ruleLine({ id, side, severity, text, remedy, reference }: Rule): string {
  const cells = [`\`${id}\``, side, severity, `${text} *${remedy}*`, reference];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
}

function section({ title, introduction, rules }: Subject): string {
  return `\n### ${title}\n\n${introduction}\n${TABLE}${rules.map(ruleLine).join('')}`;
}

/** What a Python application can break, or its server. */
const inPython = subjects
  .flatMap(({ rules }) => rules)
  .filter(({ id }) => !/^(?:async|middleware)-/.test(id));

const PYTHON_HEADER = `"""The rules of the contract: severity, text, remedy and reference of each.

Made from \`src/validator/rules/\`; \`npx vitest run test/validator -u\` writes it anew.
"""

RULES = {
`;

function pythonLine({ id, severity, text, remedy, reference }: Rule): string {
  const strings = [severity, text, remedy, reference].map((value) => JSON.stringify(value));
  return `    ${JSON.stringify(id)}: (\n${strings.map((value) => `        ${value},\n`).join('')}    ),\n`;
}

describe('the rules in Python', () => {
  it('are those of TypeScript', async () => {
    const page = `${PYTHON_HEADER}${inPython.map(pythonLine).join('')}}\n`;
    await expect(page).toMatchFileSnapshot('../../python/wizgi_worker/validate_rules.py');
  });

  it('each have a check', () => {
    const checks = ['validate.py', 'validate_checks.py']
      .map((name) => readFileSync(`python/wizgi_worker/${name}`, 'utf8'))
      .join('');
    expect(inPython.filter(({ id }) => !checks.includes(`"${id}"`))).toEqual([]);
  });
});

describe('SPEC.md', () => {
  it('is the table of rules', async () => {
    const page = HEADER + subjects.map(section).join('');
    await expect(page).toMatchFileSnapshot('../../SPEC.md');
  });
});
