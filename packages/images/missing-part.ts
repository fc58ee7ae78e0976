import sharp, { type Metadata } from "sharp";

/** More missing is no picture that a person would keep, but one to fetch again. */
const maxMissingShare = 0.03;
/** Enough to see a share of 1 %. */
const side = 400;
/** The end marker, which a JPEG may lack. */
const endOfJpeg = Buffer.from([0xff, 0xd9]);

/**
 * Tells whether a damaged file has nearly all of its picture. A JPEG that lacks its end marker alone has all of it. In
 * other files that end early, a decoder fills what is missing, at the bottom and there from the right, with one colour.
 *
 * @param seconds bounds each of its two decodes
 */
export async function isNearlyWhole(
	bytes: Uint8Array,
	{ format, isProgressive }: Metadata,
	seconds: number,
): Promise<boolean> {
	const lacksEnd = format === "jpeg" && !endOfJpeg.equals(bytes.subarray(-endOfJpeg.length));
	if (lacksEnd && (await isDecodable(Buffer.concat([bytes, endOfJpeg]), seconds))) return true;
	if (format !== "jpeg" && format !== "png" && format !== "gif") return false;
	// Of a progressive JPEG that ends early, details are missing everywhere.
	if (format === "jpeg" && isProgressive) return false;
	const share = await missingShare(bytes, seconds);
	return share !== null && share <= maxMissingShare;
}

const isDecodable = (bytes: Uint8Array, seconds: number) =>
	sharp(bytes, { failOn: "warning" })
		.timeout({ seconds })
		.resize(side, side, { fit: "fill" })
		.toBuffer()
		.then(
			() => true,
			() => false, // it is damaged otherwise
		);

/** Returns the share of the picture that was filled; null where nothing can be decoded. */
async function missingShare(bytes: Uint8Array, seconds: number): Promise<number | null> {
	const decoded = await sharp(bytes, { failOn: "none" })
		.timeout({ seconds })
		.resize(side, side, { fit: "fill", kernel: "nearest" })
		.raw()
		.toBuffer({ resolveWithObject: true })
		.catch(() => null); // nothing of it can be decoded
	if (!decoded) return null;
	const { data, info } = decoded;
	const fill = data.subarray(data.length - info.channels);
	const isFill = (row: number, column: number) =>
		fill.every((value, channel) => data[(row * side + column) * info.channels + channel] === value);
	let missing = 0;
	for (let row = side - 1; row >= 0 && isFill(row, side - 1); row--) {
		for (let column = side - 1; column >= 0; column--) if (isFill(row, column)) missing++;
	}
	return missing / side ** 2;
}
