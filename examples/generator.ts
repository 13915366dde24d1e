/** An application as a generator: the body is made piece by piece, while it is sent. */
import type { Application } from 'wizgi';

export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return squares(10);
};

function* squares(count: number) {
  for (let number = 1; number <= count; number += 1) {
    yield `${number} × ${number} = ${number * number}\n`;
  }
}
