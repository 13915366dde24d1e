import { channel } from 'node:diagnostics_channel';

/**
 * Runs something, and tells whether a server began to listen in the meantime.
 *
 * Modules that are run on their own, too, often end in `listen()`.
 */
export async function listensDuring<T>(
  action: () => Promise<T>,
): Promise<{ readonly result: T; readonly listens: boolean }> {
  const listening = channel('tracing:net.server.listen:asyncStart');
  let listens = false;
  const note = () => {
    listens = true;
  };
  listening.subscribe(note);
  try {
    return { result: await action(), listens };
  } finally {
    listening.unsubscribe(note);
  }
}
