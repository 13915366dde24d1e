/** The conformance kit's application in both of its forms, as a Fetch handler. */
import { toFetch } from '../../../dist/adapters/fetch/index.js';
import {
  asyncKitApplication,
  kitApplication,
} from '../../../dist/testing/kit/application/application.js';
import { mount } from '../../../dist/wsgi/mount.js';
import { signals } from './signals.js';

export const fetch = toFetch(
  mount({ '/sync': kitApplication, '/async': asyncKitApplication, '/signals': signals }),
);
