import { type Zippable, zipSync } from "fflate";

/** The first day of the format: the same files make the same bytes. */
const mtime = new Date(1980, 0, 1);
const unix = 3;
/** A regular file that everybody may read, as a Unix mode in the upper half of the attributes. */
const attrs = 0o100644 << 16;

/** Makes a zip file of files by their paths in it, as Lambda takes code. */
export function zip(files: ReadonlyMap<string, Buffer>): Buffer {
	const entries: Zippable = Object.fromEntries(
		[...files].map(([path, content]) => [path, [content, { mtime, os: unix, attrs }]]),
	);
	return Buffer.from(zipSync(entries));
}
