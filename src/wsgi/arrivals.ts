/**
 * Calls back after a time, behind what had arrived by then.
 *
 * A process that was held up, or suspended, finds its timers due before it has read what came in
 * time: a plain timer would blame whoever sent that.
 *
 * @param milliseconds - the time.
 * @returns what calls it off.
 */
export function afterArrivals(milliseconds: number, callback: () => void): () => void {
  let behind: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // Sockets are read between timers and immediates.
    behind = setImmediate(callback);
  }, milliseconds);
  return () => {
    clearTimeout(timer);
    clearImmediate(behind);
  };
}
