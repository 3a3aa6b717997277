/** How many times as often as usual tests by chance run: `SHOAL_TIMES=10 npm test` for a night. */
const TIMES = Number(process.env['SHOAL_TIMES'] ?? 1)

/** Runs of a test by chance, of which so many are usual. */
export const times = (usual: number): number => Math.ceil(usual * TIMES)
/** Milliseconds such a test may take, of which so many are plenty usually. */
export const within = (usual: number): number => usual * Math.max(1, TIMES)
