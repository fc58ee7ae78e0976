import type { TextBox } from "#core/items/analysis.ts";
import type { Pixels } from "#core/ports/index.ts";
import type { Rectangle } from "./sample.ts";

/** Quarter turns, clockwise, by which a picture's text lies: in a picture of 1 its lines run from top to bottom. */
export type Quarters = 0 | 1 | 2 | 3;

/** Returns a rectangle whose lines run as those of a picture that lies by these quarters. */
export function lying(box: Rectangle, quarters: Quarters): Rectangle {
	const [width, height] = quarters % 2 ? [box.height, box.width] : [box.width, box.height];
	return { ...box, width, height, angle: box.angle + (quarters * Math.PI) / 2 };
}

/** Turns a picture that lies by these quarters upright. */
export function upright({ data, width, height }: Pixels, quarters: Quarters): Pixels {
	const turned = quarters % 2 ? { width: height, height: width } : { width, height };
	const out = new Uint8Array(data.length);
	for (let v = 0, at = 0; v < turned.height; v++) {
		for (let u = 0; u < turned.width; u++, at += 3) {
			const x = [u, width - 1 - v, width - 1 - u, v][quarters] as number;
			const y = [v, u, height - 1 - v, height - 1 - u][quarters] as number;
			const from = (y * width + x) * 3;
			out[at] = data[from] as number;
			out[at + 1] = data[from + 1] as number;
			out[at + 2] = data[from + 2] as number;
		}
	}
	return { data: out, ...turned };
}

/** Returns where a part of the upright picture is in the picture as it lies. */
export function asItLies({ x, y, width, height }: TextBox, quarters: Quarters): TextBox {
	if (quarters === 1) return { x: asFraction(1 - y - height), y: x, width: height, height: width };
	if (quarters === 2) return { x: asFraction(1 - x - width), y: asFraction(1 - y - height), width, height };
	if (quarters === 3) return { x: y, y: asFraction(1 - x - width), width: height, height: width };
	return { x, y, width, height };
}

/** Keeps a difference of rounded fractions a fraction. */
const asFraction = (value: number) => Math.max(0, Math.round(value * 10_000) / 10_000);
