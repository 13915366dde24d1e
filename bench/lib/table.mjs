/** What the report's tables are made of. */

/** A Markdown table, aligned so that it reads well in a terminal too. */
export function table(head, rows) {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + (i === 0 ? 2 : 1))}${i === 0 ? '' : ':'}`).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Three digits, because a target is met or not by the figure itself, not by a rounded one. */
export const times = (value) => `${value.toFixed(3)} ×`;
export const ms = (value) => `${Math.round(value)} ms`;
export const mib = (value) => `${value.toFixed(1)} MiB`;

/** A ratio and its range, as two cells; empty where it was not measured. */
export function ratioCells(ratio) {
  if (ratio === undefined) return ['', ''];
  const { median, least, greatest } = ratio;
  return [median.toFixed(2), `${least.toFixed(2)}–${greatest.toFixed(2)}`];
}

/** The line of an error's output that says what it is. */
export function oneLine(text) {
  const lines = text.split('\n');
  return (lines.find((line) => /Error\b/.test(line)) ?? lines[0]).trim().slice(0, 160);
}

/** Who was not measured, and why. */
export function failures(failed) {
  return failed.map(({ name, why }) => `Not measured: ${name}: ${oneLine(why)}`);
}
