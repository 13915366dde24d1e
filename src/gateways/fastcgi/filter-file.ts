import { UNKNOWN_LENGTH } from '../../protocols/fastcgi/index.ts';
import { AsyncInput, type Input } from '../../wsgi/input.ts';
import type { Gateway } from '../gateway.ts';
import { Reception, type ReceptionOwner } from '../reception.ts';

/** The file that a filter is to work on: the DATA stream. (FastCGI 1.0 §6.4) */
export class FilterFile {
  readonly reception: Reception;
  private readonly streaming: boolean;

  constructor(owner: ReceptionOwner, gateway: Gateway) {
    // The web server sends nothing of it before the content has come: until then, it is not late.
    this.reception = new Reception(owner, gateway, UNKNOWN_LENGTH, true);
    this.streaming = gateway.streaming;
  }

  /** What the application reads: as `wsgi.input`, or as `wizgi.input` where that is entered early. */
  input(): Input | AsyncInput {
    const input = this.reception.input();
    return this.streaming ? new AsyncInput(input) : input;
  }
}
