/** The version of this package. */
export const VERSION = '0.1.0';

/** What SERVER_SOFTWARE says. */
export const SOFTWARE = `wizgi/${VERSION}`;
