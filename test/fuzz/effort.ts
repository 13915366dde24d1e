/** How much longer than usual to look: `WIZGI_FUZZ=20 npx vitest run test/fuzz`. */
export const FACTOR = Number(process.env['WIZGI_FUZZ'] ?? 1);
