/** The version of this package, as SERVER_SOFTWARE and the command name it. */
export const VERSION = '0.1.0';
