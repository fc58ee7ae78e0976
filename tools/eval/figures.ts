import type { Interval } from "./bootstrap.ts";

/** Stands where there is no figure. */
export const missing = "-";

/** Writes a share of 0 to 1. */
export const share = (figure: number) => figure.toFixed(3);

/** Writes a mean difference with its interval. */
export const interval = ({ mean, low, high }: Interval) => `${signed(mean)} [${signed(low)}, ${signed(high)}]`;

const signed = (difference: number) => `${difference < 0 ? "-" : "+"}${Math.abs(difference).toFixed(3)}`;
