import type { Rectangle } from "./sample.ts";

/** How sure a detector is that a pixel is in the middle of a line of text, 0 to 255, row by row. */
export interface ProbabilityMap {
	data: Uint8Array;
	width: number;
	height: number;
}

/** Pixels above it belong to a line. This, `minScore` and `unclipRatio` are the model's own settings. */
const minProbability = 0.3 * 255;
/** A line is kept where its rectangle's mean is above it. */
const minScore = 0.5 * 255;
/** The model marks the middle of a line: its rectangle grows by this much of area over perimeter. */
const unclipRatio = 1.6;
/** Smaller spots are no letters. */
const minSide = 3;
/** More lines are not read in any time that one picture may take, and noise has many. */
const maxBoxes = 2_000;
/** A rectangle turned less than this is taken as upright: screenshots are, and their short words must not tilt. */
const minAngle = (1.5 * Math.PI) / 180;
/** Only a line this many times as long as high has a direction of its own. */
const minElongation = 4;

/** Finds the lines of text in a probability map: connected spots, each with the rectangle around it. */
export function textBoxes(map: ProbabilityMap): Rectangle[] {
	const { data, width, height } = map;
	const seen = new Uint8Array(data.length);
	const spot = new Int32Array(data.length);
	const boxes: Rectangle[] = [];
	for (let start = 0; start < data.length && boxes.length < maxBoxes; start++) {
		if (seen[start] || (data[start] as number) <= minProbability) continue;
		const length = fill(start);
		const box = rectangleAround(spot.subarray(0, length), map);
		if (box) boxes.push(box);
	}
	return boxes;

	/** Collects the pixels that are connected with the first, and returns how many there are. */
	function fill(first: number): number {
		let length = 1;
		spot[0] = first;
		seen[first] = 1;
		for (let at = 0; at < length; at++) {
			const pixel = spot[at] as number;
			const x = pixel % width;
			const y = (pixel - x) / width;
			for (let dy = y > 0 ? -1 : 0; dy <= (y < height - 1 ? 1 : 0); dy++) {
				for (let dx = x > 0 ? -1 : 0; dx <= (x < width - 1 ? 1 : 0); dx++) {
					const next = pixel + dy * width + dx;
					if (seen[next] || (data[next] as number) <= minProbability) continue;
					seen[next] = 1;
					spot[length++] = next;
				}
			}
		}
		return length;
	}
}

/** Returns the grown rectangle around a spot; null where it is too small or too faint. */
function rectangleAround(spot: Int32Array, { data, width }: ProbabilityMap): Rectangle | null {
	let [sumX, sumY, sumXX, sumYY, sumXY, sum] = [0, 0, 0, 0, 0, 0];
	for (const pixel of spot) {
		const x = pixel % width;
		const y = (pixel - x) / width;
		sumX += x;
		sumY += y;
		sumXX += x * x;
		sumYY += y * y;
		sumXY += x * y;
		sum += data[pixel] as number;
	}
	const count = spot.length;
	const [meanX, meanY] = [sumX / count, sumY / count];
	const [varX, varY, covariance] = [
		sumXX / count - meanX * meanX,
		sumYY / count - meanY * meanY,
		sumXY / count - meanX * meanY,
	];
	const angle = directionOf(varX, varY, covariance);
	const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
	let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
	for (const pixel of spot) {
		const x = (pixel % width) - meanX;
		const y = Math.floor(pixel / width) - meanY;
		const across = x * cos + y * sin;
		const down = y * cos - x * sin;
		if (across < left) left = across;
		if (across > right) right = across;
		if (down < top) top = down;
		if (down > bottom) bottom = down;
	}
	const [w, h] = [right - left + 1, bottom - top + 1];
	if (Math.min(w, h) < minSide || sum / (w * h) < minScore) return null;
	const grown = (2 * w * h * unclipRatio) / (2 * (w + h));
	const [midX, midY] = [(left + right) / 2, (top + bottom) / 2];
	return {
		x: meanX + midX * cos - midY * sin + 0.5,
		y: meanY + midX * sin + midY * cos + 0.5,
		width: w + grown,
		height: h + grown,
		angle,
	};
}

/** Returns the angle of a spot's longer side, up to 45 degrees: a column of text stays upright and is higher than wide. */
function directionOf(varX: number, varY: number, covariance: number): number {
	const spread = Math.hypot((varX - varY) / 2, covariance);
	const [longer, shorter] = [(varX + varY) / 2 + spread, (varX + varY) / 2 - spread];
	if (longer < shorter * minElongation ** 2) return 0;
	const angle = Math.atan2(2 * covariance, varX - varY) / 2;
	const upright = Math.abs(angle) <= Math.PI / 4 ? angle : angle - Math.sign(angle) * (Math.PI / 2);
	return Math.abs(upright) < minAngle ? 0 : upright;
}
