// People take turns at a stage: whoever has fewer images in work there comes first. A person who is busy also lets
// those go first who were served longer ago, and leaves room for those who were active.

/** Whoever has had work waiting or running at a stage for longer, without a break, is busy. */
export const busySeconds = 60;

/** Between two claims of a person who has more waiting, a break is longer. */
export const pauseSeconds = 60;

/** Whoever claimed something within this time is active. */
export const activeSeconds = 60;

/** Nobody yields to work that could be received for longer: its message may be lost. */
export const receivableSeconds = 120;

/** Whoever was served longer ago yields to nobody who has as many images in work. */
export const servedSeconds = 300;

/** The concurrent invocations of a stage that a busy person may hold: others keep two thirds, so wait half as long again. */
export const fairShareOf = (concurrency: number): number => Math.max(1, Math.floor(concurrency / 3));

/** Of one person's work that is put off for a stage, as much comes back in a second; each within these seconds. */
export const deferralsPerSecond = 10;
export const minDeferSeconds = 2;
export const maxDeferSeconds = 60;
