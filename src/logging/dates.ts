const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** The local time as `2026-11-20 23:00:00 +0000`. */
export const logDate = eachSecond((date) => {
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeOfDay(date)} ${offset(date)}`;
});

/** The local time as in Apache's logs: `20/Nov/2026:23:00:00 +0000`. */
export const accessDate = eachSecond((date) => {
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  return `${day}:${timeOfDay(date)} ${offset(date)}`;
});

/** Formats once for all the lines of a second. */
function eachSecond(format: (date: Date) => string): (time: number) => string {
  let second = Number.NaN;
  let text = '';
  return (time) => {
    const current = Math.floor(time / 1000);
    if (current !== second) {
      second = current;
      text = format(new Date(time));
    }
    return text;
  };
}

function timeOfDay(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
