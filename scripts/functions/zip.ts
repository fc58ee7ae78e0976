import { type Zippable, zipSync } from "fflate";

/** A fixed time, the format's earliest, so that the same files make the same bytes. */
const mtime = new Date(1980, 0, 1);
const unix = 3;
/** A regular file that every user may read, as a Unix mode in the upper half of the attributes. */
const attrs = 0o100644 << 16;

/** Makes a zip file from files by path, the form in which Lambda accepts code. */
export function zip(files: ReadonlyMap<string, Buffer>): Buffer {
	const entries: Zippable = Object.fromEntries(
		[...files].map(([path, content]) => [path, [content, { mtime, os: unix, attrs }]]),
	);
	return Buffer.from(zipSync(entries));
}
