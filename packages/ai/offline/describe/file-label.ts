/** Words of names that devices and apps give. */
const deviceNames = new Set(
	"image images img photo photos picture pic screenshot screen shot scan dsc dscn pxl mvimg whatsapp signal telegram download untitled file copy edited new final upload jpg jpeg png webp gif avif".split(
		" ",
	),
);

/** Returns the name that a person gave the file, or "" where a device did. */
export function chosenFilename(filename: string): string {
	const words = filename
		.slice(0, 300)
		.replace(/\.[^.]*$/, "")
		.replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, " ")
		.split(/[^\p{L}\p{M}]+/u)
		.filter((word) => word.length > 1);
	const telling = words.filter((word) => !deviceNames.has(word.toLowerCase()));
	return telling.some((word) => word.length > 3) ? telling.join(" ") : "";
}
