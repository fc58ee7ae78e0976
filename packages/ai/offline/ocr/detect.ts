import type { Pixels } from "#core/ports/index.ts";
import type { ProbabilityMap } from "./boxes.ts";
import { type Detail, trimmed } from "./detail.ts";
import { sample } from "./sample.ts";
import { type Stretch, stretches } from "./tiles.ts";

/** Returns the probability of text of each pixel, 0 to 1, for an input of planes of blue, green and red. */
export type Detector = (input: Float32Array, width: number, height: number) => Promise<Float32Array>;

/** The sides that the detector was trained for are below it; time and memory grow with the area. */
export const maxTileSide = 1_280;
/** The detector takes 300 bytes a pixel: a tile as wide as high would not fit beside the rest. */
const maxTilePixels = 1_000_000;
/** The overlap of neighbouring tiles: more than the height of a line, so that each is seen whole. */
const overlap = 128;
/** The detector halves its input five times. */
const multiple = 32;
const normalization = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/**
 * Draws the map of a picture's text at a scale, tile by tile from the top. As the tiles are parts of one map, a line that
 * crosses them is one line.
 * @returns `complete`: false where `mayGoOn` ended it before the last tile
 */
export async function detect(
	pixels: Pixels,
	detail: Detail,
	scale: number,
	detector: Detector,
	mayGoOn: () => boolean,
): Promise<{ map: ProbabilityMap; complete: boolean }> {
	const [width, height] = [Math.ceil(pixels.width * scale), Math.ceil(pixels.height * scale)];
	const map = { data: new Uint8Array(width * height), width, height };
	const columns = stretches(width, maxTileSide, overlap);
	const tileWidth = Math.max(...columns.map(({ start, end }) => end - start));
	const maxTileHeight = Math.min(maxTileSide, Math.floor(maxTilePixels / tileWidth));
	for (const down of stretches(height, maxTileHeight, overlap)) {
		for (const across of columns) {
			const tile = trimmed(detail, scaled(across, down, 1 / scale), multiple / scale);
			if (!tile) continue;
			if (!mayGoOn()) return { map, complete: false };
			const [left, top] = [Math.round(tile.left * scale), Math.round(tile.top * scale)];
			const inputWidth = roundedUp(tile.width * scale);
			const inputHeight = roundedUp(tile.height * scale);
			const input = sample(
				pixels,
				{
					x: (left + inputWidth / 2) / scale,
					y: (top + inputHeight / 2) / scale,
					width: inputWidth / scale,
					height: inputHeight / scale,
					angle: 0,
				},
				{ width: inputWidth, height: inputHeight },
				normalization,
			);
			const probabilities = await detector(input, inputWidth, inputHeight);
			const [firstX, endX] = [Math.max(across.coreStart, left), Math.min(across.coreEnd, left + inputWidth)];
			const [firstY, endY] = [Math.max(down.coreStart, top), Math.min(down.coreEnd, top + inputHeight)];
			for (let y = firstY; y < endY; y++) {
				for (let x = firstX; x < endX; x++) {
					map.data[y * width + x] = (probabilities[(y - top) * inputWidth + x - left] as number) * 255;
				}
			}
		}
	}
	return { map, complete: true };
}

function scaled(across: Stretch, down: Stretch, factor: number) {
	return {
		left: across.start * factor,
		top: down.start * factor,
		width: (across.end - across.start) * factor,
		height: (down.end - down.start) * factor,
	};
}

const roundedUp = (side: number) => Math.ceil(side / multiple) * multiple;
