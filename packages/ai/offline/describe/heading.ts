import { type LegibleLine, maxTitleLength, textOf, titleIn } from "./legible-lines.ts";

/** A picture's title. */
export interface Heading {
	/** null where no line is large or long enough. */
	title: string | null;
	/** The texts of its lines. */
	titleTexts: string[];
}

/** A heading of several lines is larger than the text around it by this factor: lines of prose are no heading. */
const minEmphasis = 1.2;
/** Heights of lines in one size differ with their letters: a line with a "g" is higher than one without. */
const maxHeightRatio = 1.4;
const maxLines = 3;
/** As a share of the picture's width. */
const maxIndent = 0.02;

/** Returns the title with the lines of the same size and alignment right below it. */
export function headingOf(lines: LegibleLine[]): Heading {
	const found = titleIn(lines);
	if (!found) return { title: null, titleTexts: [] };
	const heights = lines
		.filter((line) => line !== found.line)
		.map(({ box }) => box.height)
		.sort((a, b) => a - b);
	const medianHeight = heights[Math.floor((heights.length - 1) / 2)] ?? 0;
	const isLarge = ({ box }: LegibleLine) => box.height >= minEmphasis * medianHeight;
	const heading = [found.line];
	for (const line of lines.filter(isLarge).sort((a, b) => a.box.y - b.box.y)) {
		const last = heading.at(-1);
		if (last && isLarge(last) && heading.length < maxLines && goesOn(last, line)) heading.push(line);
	}
	return {
		title: [found.text, ...heading.slice(1).map(textOf)].join(" ").slice(0, maxTitleLength).toWellFormed(),
		titleTexts: heading.map(textOf),
	};
}

function goesOn({ box: above }: LegibleLine, { box: below }: LegibleLine): boolean {
	const gap = below.y - (above.y + above.height);
	const ratio = below.height / above.height;
	const isAligned =
		Math.abs(below.x - above.x) <= maxIndent ||
		Math.abs(below.x + below.width / 2 - (above.x + above.width / 2)) <= maxIndent / 2;
	return (
		below.y > above.y &&
		gap > -above.height / 2 &&
		gap < above.height &&
		ratio <= maxHeightRatio &&
		ratio >= 1 / maxHeightRatio &&
		isAligned
	);
}
