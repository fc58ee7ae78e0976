import { lumaSide, type Window } from "../items/fingerprint.ts";
import { nearDuplicateBits } from "../ports/similar.ts";
import { alignPictures, Correlation } from "./align-pictures.ts";
import { contentWords, coverage } from "./words.ts";

/** A picture that may be another's near-duplicate. */
export interface Picture {
	/** Null where it was processed before there was one. */
	luma: Uint8Array | null;
	/** The text in the picture; null until it is analyzed. */
	extractedText: string | null;
}

type Cells = ArrayLike<number>;

/** Pictures are compared in blocks of 8 x 8 cells. */
const blockSide = 8;
/** A block whose brightness varies less, of 255², shows nothing. */
const minVariance = 36;
/** Blocks of the same picture correlate at least so; encoders and crops change them little. */
const minCorrelation = 0.7;
/** The largest share of blocks that may differ. */
const maxDifferent = 0.1;
const brightening = 1.2;
/** A picture with fewer blocks that show something is too plain to be told from others of its kind. */
const minBlocks = 8;
/** A crop fits by chance more easily: its window is chosen to fit. */
const minBlocksOfCrop = 16;
/** Margins below a cell are not a crop. */
const wholeMargin = 1 / lumaSide;
/** Texts of fewer words say nothing. */
const minWords = 3;
/**
 * The share of the shorter text's words that the other has. Texts that share less are of different pictures: OCR of the
 * same one, smaller or cropped, shared a third at least. Texts that share this much decide where the pictures show
 * little: plain pages of one frame share two thirds.
 */
const sharedWords = { min: 0.3, decisive: 0.8 };

/**
 * Decides whether two pictures are nearly the same: smaller, brighter, in another format, or cropped by a tenth of each
 * side at most. What they show must agree, and their texts must not differ. Where they show little, their texts must
 * agree, too.
 *
 * @param distance bits in which their hashes differ
 */
export function isNearDuplicate(first: Picture, second: Picture, distance: number): boolean {
	const texts = compareTexts(wordsOf(first), wordsOf(second));
	if (texts === "differ") return false;
	if (!first.luma || !second.luma) return distance <= nearDuplicateBits;
	const { blocks, different, isCrop } = compareBlocks(first.luma, second.luma);
	if (different > maxDifferent * blocks) return false;
	return texts === "agree" || blocks >= (isCrop ? minBlocksOfCrop : minBlocks);
}

/**
 * Counts the blocks that show something, and those of them in which the pictures differ. Either may have been brightened
 * until what is light in the other became white.
 */
function compareBlocks(firstLuma: Uint8Array, secondLuma: Uint8Array) {
	const { window, first, second } = alignPictures(firstLuma, secondLuma);
	let best = countBlocks(first, second);
	for (const counted of [countBlocks(brightened(first), second), countBlocks(first, brightened(second))]) {
		if (counted.different * best.blocks < best.different * counted.blocks) best = counted;
	}
	return { ...best, isCrop: isCrop(window) };
}

function countBlocks(first: Cells, second: Cells): { blocks: number; different: number } {
	let blocks = 0;
	let different = 0;
	for (let top = 0; top < lumaSide; top += blockSide) {
		for (let left = 0; left < lumaSide; left += blockSide) {
			const block = correlate(first, second, left, top);
			if (block.count < (blockSide * blockSide) / 2 || block.variance() < minVariance) continue;
			blocks += 1;
			if (block.value() < minCorrelation) different += 1;
		}
	}
	return { blocks, different };
}

function brightened(luma: Cells): Float32Array {
	const brighter = new Float32Array(luma.length);
	for (let at = 0; at < luma.length; at++) brighter[at] = Math.min((luma[at] ?? 0) * brightening, 255);
	return brighter;
}

/** Correlates one block, as far as it lies within both. */
function correlate(first: Cells, second: Cells, left: number, top: number): Correlation {
	const block = new Correlation();
	for (let y = top; y < top + blockSide; y++) {
		for (let x = left; x < left + blockSide; x++) {
			const value = first[y * lumaSide + x] ?? Number.NaN;
			if (!Number.isNaN(value)) block.add(value, second[y * lumaSide + x] ?? 0);
		}
	}
	return block;
}

function isCrop({ left, right, top, bottom }: Window): boolean {
	return [left, 1 - right, top, 1 - bottom].some((margin) => Math.abs(margin) > wholeMargin);
}

/** A picture is compared with many. */
const wordsByPicture = new WeakMap<Picture, Set<string>>();

function wordsOf(picture: Picture): Set<string> {
	const known = wordsByPicture.get(picture);
	if (known) return known;
	const words = contentWords(picture.extractedText ?? "");
	wordsByPicture.set(picture, words);
	return words;
}

function compareTexts(first: Set<string>, second: Set<string>): "agree" | "differ" | "unknown" {
	const [fewer, more] = [first, second].sort((a, b) => a.size - b.size);
	if (!fewer || !more || fewer.size < minWords) return "unknown";
	const shared = coverage(fewer, more);
	if (shared < sharedWords.min) return "differ";
	return shared >= sharedWords.decisive ? "agree" : "unknown";
}
