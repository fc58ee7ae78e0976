/** Colours below this share of the image are not named. */
const minShare = 0.08;
const maxColours = 4;

/** Names the dominant colours of 8-bit RGB pixels, most frequent first. */
export function dominantColours(rgb: Uint8Array): string[] {
	const counts = new Map<string, number>();
	for (let at = 0; at + 2 < rgb.length; at += 3) {
		const name = colourName(rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0);
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return [...counts]
		.filter(([, count]) => count >= (rgb.length / 3) * minShare)
		.sort(([a, countA], [b, countB]) => countB - countA || a.localeCompare(b))
		.slice(0, maxColours)
		.map(([name]) => name);
}

/** Returns the word most people use for a colour, by hue (degrees), saturation and value. */
function colourName(red: number, green: number, blue: number): string {
	const value = Math.max(red, green, blue) / 255;
	const chroma = value - Math.min(red, green, blue) / 255;
	const saturation = value === 0 ? 0 : chroma / value;
	if (value < 0.18 || (value < 0.26 && saturation < 0.35)) return "black";
	if (saturation < 0.13) return value > 0.86 ? "white" : "grey";

	const hue = hueOf(red, green, blue, chroma * 255);
	if (hue < 14 || hue >= 345) {
		if (saturation < 0.5 && value > 0.7) return "pink";
		return value < 0.45 && saturation < 0.6 ? "brown" : "red";
	}
	if (hue < 45) {
		if (saturation < 0.4 && value > 0.7) return "beige";
		return value < 0.7 ? "brown" : "orange";
	}
	if (hue < 68) {
		if (saturation < 0.3) return "beige";
		return value < 0.5 ? "green" : "yellow";
	}
	if (hue < 160) return "green";
	if (hue < 190) return "turquoise";
	if (hue < 255) return "blue";
	if (hue < 290) return "purple";
	return value < 0.5 ? "purple" : "pink";
}

function hueOf(red: number, green: number, blue: number, chroma: number) {
	const max = Math.max(red, green, blue);
	const sixth =
		max === red ? (green - blue) / chroma + 6 : max === green ? (blue - red) / chroma + 2 : (red - green) / chroma + 4;
	return (sixth * 60) % 360;
}
