// Draws the pictures of this folder, each of one colour: `node test/contracts/large-images/draw.ts`. They are kept
// because drawing them takes 40 seconds of CPU.
import path from "node:path";
import { plain } from "../../contracts/odd-images.ts";

const pictures = {
	"48-megapixels.avif": plain(8_000, 6_000).avif({ effort: 0 }),
	"100-megapixels.gif": plain(10_000, 10_000).gif({ effort: 1 }),
	"100-megapixels.webp": plain(10_000, 10_000).webp({ lossless: true, effort: 0 }),
	"33-megapixels-transparent.avif": plain(6_600, 5_000)
		.ensureAlpha(0.5)
		.avif({ effort: 0, chromaSubsampling: "4:4:4" }),
	"25-megapixels-transparent-10-bits.avif": plain(5_000, 5_000).ensureAlpha(0.5).avif({ effort: 0, bitdepth: 10 }),
};

for (const [name, picture] of Object.entries(pictures)) {
	await picture.toFile(path.join(import.meta.dirname, name));
}
