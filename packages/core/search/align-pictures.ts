import { lumaSide, maxMargin, type Window, whole } from "../items/fingerprint.ts";

/** Two pictures' brightness at the places that they share. */
export interface Aligned {
	/** The part of the first picture that the second shows; it may lie outside the first. */
	window: Window;
	/** The first picture's brightness at each cell of the second, NaN outside the first. */
	first: Float32Array;
	second: Uint8Array;
}

/** A window's edge moves outwards by this much where the second picture is the larger one. */
const maxOutside = maxMargin / (1 - 2 * maxMargin);
/** Edges are searched in steps of this share of a side, then each is moved in smaller ones. */
const coarseStep = maxOutside / 9;
const fineStep = 1 / lumaSide / 8;
/** Windows of each direction that are tried together. */
const tried = 3;
/** Rounds over the edges with each step. */
const maxRounds = 3;
/** Pictures that correlate less at the best of these are not aligned further. */
const minCorrelation = 0.5;

type Edge = keyof Window;
const edges: readonly Edge[] = ["left", "right", "top", "bottom"];

/**
 * Finds the part of one picture that another shows, where either is cropped by at most a margin on each side. The mean
 * brightness of rows and of columns (projection profiles) gives candidates; the best by correlation of all cells is
 * refined edge by edge.
 */
export function alignPictures(first: Uint8Array, second: Uint8Array): Aligned {
	const across = bestSpans(profile(first, 1, lumaSide), profile(second, 1, lumaSide));
	const down = bestSpans(profile(first, lumaSide, 1), profile(second, lumaSide, 1));
	let best = { window: whole, correlation: -1 };
	const consider = (window: Window, step: number) => {
		const found = correlation(first, second, window, step);
		if (found <= best.correlation) return false;
		best = { window, correlation: found };
		return true;
	};
	for (const [left, right] of across) {
		for (const [top, bottom] of down) consider({ left, right, top, bottom }, 2);
	}
	if (best.correlation >= minCorrelation) {
		best.correlation = correlation(first, second, best.window, 1);
		for (let step = coarseStep; step >= fineStep; step /= 2) {
			let moved = true;
			for (let round = 0; round < maxRounds && moved; round++) {
				moved = false;
				for (const edge of edges) {
					for (const by of [step, -step]) {
						const next = { ...best.window, [edge]: best.window[edge] + by };
						if (isWithinMargins(next) && consider(next, 1)) moved = true;
					}
				}
			}
		}
	}
	const { window } = best;
	return { window, first: resampled(first, window), second };
}

function isWithinMargins({ left, right, top, bottom }: Window): boolean {
	return [left, 1 - right, top, 1 - bottom].every((margin) => margin >= -maxOutside && margin <= maxMargin + fineStep);
}

/** Returns the mean brightness of each line of cells. `along` is the distance between the cells of a line. */
function profile(luma: Uint8Array, across: number, along: number): Float32Array {
	const means = new Float32Array(lumaSide);
	for (let line = 0; line < lumaSide; line++) {
		let sum = 0;
		for (let at = 0; at < lumaSide; at++) sum += luma[line * across + at * along] ?? 0;
		means[line] = sum / lumaSide;
	}
	return means;
}

/** Returns the spans of the first profile that resemble the second most, and the whole. */
function bestSpans(first: Float32Array, second: Float32Array): [from: number, to: number][] {
	const spans: { span: [number, number]; correlation: number }[] = [];
	const margins: number[] = [];
	for (let margin = -maxOutside; margin <= maxMargin + coarseStep / 2; margin += coarseStep) margins.push(margin);
	for (const from of margins) {
		for (const end of margins) {
			const sums = new Correlation();
			const placed = places(from, 1 - end);
			for (let at = 0; at < lumaSide; at++) {
				const place = placed[at] ?? 0;
				if (!Number.isNaN(place)) sums.add(between(first, place), second[at] ?? 0);
			}
			spans.push({ span: [from, 1 - end], correlation: sums.value() });
		}
	}
	const best: [number, number][] = [[0, 1]];
	for (const { span } of spans.sort((a, b) => b.correlation - a.correlation)) {
		if (best.length > tried) break;
		if (best.every(([from, to]) => Math.abs(from - span[0]) + Math.abs(to - span[1]) > 2.5 * coarseStep))
			best.push(span);
	}
	return best;
}

/** Returns where each cell of the second picture lies among the cells of the first; NaN outside. */
function places(from: number, to: number): Float32Array {
	const found = new Float32Array(lumaSide);
	for (let at = 0; at < lumaSide; at++) {
		const place = from * lumaSide + (at + 0.5) * (to - from) - 0.5;
		const isOutside = place < -0.75 || place > lumaSide - 0.25;
		found[at] = isOutside ? Number.NaN : Math.min(Math.max(place, 0), lumaSide - 1.001);
	}
	return found;
}

function between(profile: Float32Array, place: number): number {
	const at = Math.floor(place);
	const share = place - at;
	return (profile[at] ?? 0) * (1 - share) + (profile[at + 1] ?? 0) * share;
}

function resampled(luma: Uint8Array, { left, right, top, bottom }: Window): Float32Array {
	const across = places(left, right);
	const down = places(top, bottom);
	const cells = new Float32Array(lumaSide * lumaSide);
	for (let y = 0; y < lumaSide; y++) {
		for (let x = 0; x < lumaSide; x++) cells[y * lumaSide + x] = interpolated(luma, across[x] ?? 0, down[y] ?? 0);
	}
	return cells;
}

/** Returns the brightness between four cells; NaN outside. */
function interpolated(luma: Uint8Array, x: number, y: number): number {
	const column = Math.floor(x);
	const row = Math.floor(y);
	const right = x - column;
	const below = y - row;
	const at = row * lumaSide + column;
	const upper = (luma[at] ?? 0) * (1 - right) + (luma[at + 1] ?? 0) * right;
	const lower = (luma[at + lumaSide] ?? 0) * (1 - right) + (luma[at + lumaSide + 1] ?? 0) * right;
	return upper * (1 - below) + lower * below;
}

/** Correlates every `step`-th cell of both directions. */
function correlation(first: Uint8Array, second: Uint8Array, { left, right, top, bottom }: Window, step: number) {
	const across = places(left, right);
	const down = places(top, bottom);
	const sums = new Correlation();
	for (let y = 0; y < lumaSide; y += step) {
		const row = down[y] ?? 0;
		if (Number.isNaN(row)) continue;
		for (let x = 0; x < lumaSide; x += step) {
			const column = across[x] ?? 0;
			if (!Number.isNaN(column)) sums.add(interpolated(first, column, row), second[y * lumaSide + x] ?? 0);
		}
	}
	return sums.value();
}

/** Pearson's correlation of pairs of brightnesses. */
export class Correlation {
	count = 0;
	#first = 0;
	#second = 0;
	#firstSquared = 0;
	#secondSquared = 0;
	#product = 0;

	add(first: number, second: number): void {
		this.count += 1;
		this.#first += first;
		this.#second += second;
		this.#firstSquared += first * first;
		this.#secondSquared += second * second;
		this.#product += first * second;
	}

	/** Returns the larger of both variances. */
	variance(): number {
		return Math.max(
			this.#varianceOf(this.#first, this.#firstSquared),
			this.#varianceOf(this.#second, this.#secondSquared),
		);
	}

	/** Returns -1 to 1; 0 where either hardly varies. */
	value(): number {
		const first = this.#varianceOf(this.#first, this.#firstSquared);
		const second = this.#varianceOf(this.#second, this.#secondSquared);
		if (first < 1 || second < 1) return 0;
		const covariance = (this.#product - (this.#first * this.#second) / this.count) / this.count;
		return covariance / Math.sqrt(first * second);
	}

	#varianceOf(sum: number, squared: number): number {
		return (squared - (sum * sum) / this.count) / this.count;
	}
}
