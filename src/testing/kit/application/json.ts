import type { Body, StartResponse } from '../../../wsgi/types.ts';

/** Answers with JSON in ASCII, and with its length, which no server has to find out then. */
export function answerJson(startResponse: StartResponse, value: unknown): Body {
  const text = `${escapeNonAscii(JSON.stringify(value))}\n`;
  startResponse('200 OK', [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(text.length)],
  ]);
  return [text];
}

/** Answers with ASCII text. */
export function answerText(startResponse: StartResponse, text: string): Body {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(text.length)],
  ]);
  return [text];
}

function escapeNonAscii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
