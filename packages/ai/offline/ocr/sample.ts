import type { Pixels } from "#core/ports/index.ts";

/** A rectangle in a picture: its centre and size in pixels, and its turn in radians, clockwise. */
export interface Rectangle {
	x: number;
	y: number;
	width: number;
	height: number;
	angle: number;
}

/** Maps bytes to the numbers that a model was trained with: (byte / 255 - mean) / deviation, for blue, green and red. */
export interface Normalization {
	mean: readonly [number, number, number];
	deviation: readonly [number, number, number];
}

/** More points a pixel would only take longer. */
const maxPointsPerSide = 4;

/**
 * Draws a rectangle of a picture as a model's input: planes of blue, green and red. A pixel is the mean of as many points
 * as it covers pixels of the picture; beyond the edge the picture goes on as it ended.
 */
export function sample(
	{ data, width, height }: Pixels,
	from: Rectangle,
	to: { width: number; height: number },
	{ mean, deviation }: Normalization,
): Float32Array {
	const plane = to.width * to.height;
	const planes = new Float32Array(3 * plane);
	const [stepX, stepY] = [from.width / to.width, from.height / to.height];
	const points = Math.min(maxPointsPerSide, Math.max(1, Math.round(Math.max(stepX, stepY))));
	const [cos, sin] = [Math.cos(from.angle), Math.sin(from.angle)];
	const factor = deviation.map((each) => 1 / (each * 255 * points * points));
	const offset = mean.map((each, channel) => each / (deviation[channel] as number));
	const [maxX, maxY] = [width - 1, height - 1];
	for (let row = 0, at = 0; row < to.height; row++) {
		for (let column = 0; column < to.width; column++, at++) {
			let [red, green, blue] = [0, 0, 0];
			for (let point = 0; point < points * points; point++) {
				const across = (column + ((point % points) + 0.5) / points) * stepX - from.width / 2;
				const down = (row + (Math.floor(point / points) + 0.5) / points) * stepY - from.height / 2;
				const x = Math.min(maxX, Math.max(0, from.x + across * cos - down * sin - 0.5));
				const y = Math.min(maxY, Math.max(0, from.y + across * sin + down * cos - 0.5));
				const [left, top] = [x | 0, y | 0];
				const [right, below] = [x - left, y - top];
				// Bilinear: each of four pixels counts by how near it is.
				const a = (top * width + left) * 3;
				const b = left < maxX ? a + 3 : a;
				const down3 = top < maxY ? width * 3 : 0;
				const [wa, wb] = [(1 - right) * (1 - below), right * (1 - below)];
				const [wc, wd] = [(1 - right) * below, right * below];
				const [c, d] = [a + down3, b + down3];
				red += wa * byte(data, a) + wb * byte(data, b) + wc * byte(data, c) + wd * byte(data, d);
				green += wa * byte(data, a + 1) + wb * byte(data, b + 1) + wc * byte(data, c + 1) + wd * byte(data, d + 1);
				blue += wa * byte(data, a + 2) + wb * byte(data, b + 2) + wc * byte(data, c + 2) + wd * byte(data, d + 2);
			}
			planes[at] = blue * (factor[0] as number) - (offset[0] as number);
			planes[at + plane] = green * (factor[1] as number) - (offset[1] as number);
			planes[at + 2 * plane] = red * (factor[2] as number) - (offset[2] as number);
		}
	}
	return planes;
}

const byte = (data: Uint8Array, at: number) => data[at] as number;
