import type { TextBox } from "#core/items/analysis.ts";
import { plainText } from "#text/facts/any-word.ts";
import type { FactLine } from "#text/facts/fact.ts";
import { inputField } from "./chat-controls.ts";
import { type LegibleLine, textOf } from "./legible-lines.ts";

/** A label stands above its value by this many heights of the value at most. */
const maxGapAbove = 2;
const minOverlap = 0.5;

/** Returns lines with what stands to their left and above them, where labels would. */
export function withNeighbours(lines: readonly LegibleLine[]): FactLine[] {
	return lines.map((line) => {
		const left = nearest(lines, (each) => (isSameRow(each.box, line.box) ? line.box.x - rightOf(each.box) : null));
		const above = nearest(
			lines,
			(each) => (isSameColumn(each.box, line.box) ? line.box.y - bottomOf(each.box) : null),
			{
				maxGap: maxGapAbove * line.box.height,
				slack: line.box.height / 2,
			},
		);
		return {
			text: textOf(line),
			...(left && { left: textOf(left) }),
			...(above && { above: textOf(above) }),
		};
	});
}

/** Returns the text of each row, its pieces from left to right. */
export function rowsOf(lines: readonly LegibleLine[]): string[] {
	const rows: LegibleLine[][] = [];
	for (const line of lines) {
		const row = rows.find(([first]) => first && (isSameRow(first.box, line.box) || isSameRow(line.box, first.box)));
		if (row) row.push(line);
		else rows.push([line]);
	}
	return rows.map((row) =>
		row
			.toSorted((a, b) => a.box.x - b.box.x)
			.map(textOf)
			.join(" "),
	);
}

const rightOf = ({ x, width }: TextBox) => x + width;
const bottomOf = ({ y, height }: TextBox) => y + height;

/** @param gapOf null where a line is no neighbour; boxes overlap a little, so a gap may be negative by the slack */
function nearest(
	lines: readonly LegibleLine[],
	gapOf: (line: LegibleLine) => number | null,
	{ maxGap = 1, slack = 0.005 } = {},
): LegibleLine | null {
	let best: { line: LegibleLine; gap: number } | null = null;
	for (const line of lines) {
		const gap = gapOf(line);
		if (gap === null || gap < -slack || gap > maxGap || (best && gap >= best.gap)) continue;
		best = { line, gap };
	}
	return best?.line ?? null;
}

function isSameRow(a: TextBox, b: TextBox): boolean {
	const overlap = Math.min(bottomOf(a), bottomOf(b)) - Math.max(a.y, b.y);
	return a !== b && a.x < b.x && overlap >= minOverlap * Math.min(a.height, b.height);
}

function isSameColumn(above: TextBox, below: TextBox): boolean {
	const overlap = Math.min(rightOf(above), rightOf(below)) - Math.max(above.x, below.x);
	return above !== below && above.y < below.y && overlap >= minOverlap * Math.min(above.width, below.width);
}

const price = /(?:^|\s)(?:[€$£¥]\s?)?\d{1,5}(?:[.,' ]\d{3})*(?:[.,]\d{2})?\s?(?:[€$£¥円元]|eur|usd)?\s?[a-z*]?$/;
const barePrice = /^(?:[€$£¥]\s?)?-?\d{1,5}(?:[.,' ]\d{3})*(?:[.,]\d{2})?\s?(?:[€$£¥円元]|eur)?\s?[a-z*]?$/;
const hasCents = /[.,]\d{2}(?!\d)|[€$£¥円元]/;
const stamp =
	/^(?:(?:today|yesterday|heute|gestern|hier|ayer|今日|昨日|昨天)?,?\s?\d{1,2}:\d{2}\s?(?:[ap]m)?|[✓✔√v/\s]|read|delivered|sent|seen|gelesen|zugestellt|lu|vu|leido|既読|已读)+$/;
const codeLine =
	/[;{}]\s*$|=>|::|->|\(\)|^\s*(?:def|class|function|const|let|var|import|from|return|if|elif|else|for|while|with|public|private|static|fn|impl|pub|use|package|#include|export|try|catch|raise|throw|async|await|print|echo|type|interface|struct|enum|switch|case)\b.*[(:={;"']|[=!]==?|\+=|&&|\|\||<\/?[a-z]+>|\w\(.*\)[;:]?$|^\s*(?:\/\/|\/\*|"\w+":)|^\s*\w+\s=\s\S/;
const sqlLine =
	/^\s*(?:select|from|where|group by|having|order by|limit|join|left join|inner join|insert into|update|values|set|delete from|create table|and|or)\s\S/;
const promptLine =
	/^\s*(?:\$(?=\s?[a-z./])|❯|>>>|➜|[\w.-]+@[\w.-]+[:~ ]\S*\s?[$#%]|PS [A-Z]:\\[^>]*>|[A-Z]:\\[^>]*>)\s?\S/;
const stackLine =
	/^\s*(?:at \S+.*[(:]|file "[^"]+", line \d+|[\w./\\-]+\.(?:tsx?|jsx?|py|java|rs|go|c|cpp|cs|rb|php|kt|swift):\d+)|^traceback|^(?:[\w.]*(?:error|exception)): \S/;
const measure =
	/(?<![\p{L}\p{N}])\d+(?:[.,/]\d+)?\s?(?:kg|g|mg|lbs?|oz|l|ml|cl|dl|cups?|tbsp|tsp|el|tl|prise|c\. a|cuillere|cdas?|cucharad\p{L}+|dientes?|個|本|大さじ|小さじ|克|毫升|勺)(?![\p{Script=Latin}])|(?:大さじ|小さじ)\d/u;
const distance = /(?<![\p{L}\p{N}.,])\d+(?:[.,]\d+)?\s?(?:km|mi|miles|m|ft|公里|米)(?![\p{L}\p{N}])/u;
const drive = /\d+\s?(?:min|mins|std|h|hr|分)\.?\s?\d{0,2}\s?(?:min)?\.?\s?\(?\s?\d+(?:[.,]\d+)?\s?(?:km|mi|m)\)?/;
const arrow = /\s(?:→|⇒|➔|➝|>|–|—|->|to|nach|nach|vers|a|-)\s|→/u;

/** Properties of a picture's text that tell its kind, whatever the words. */
export interface Layout {
	/** All text in lower case without accents, line by line. */
	plain: string;
	lineCount: number;
	/** Rows that end in an amount. */
	priceRows: number;
	/** Messages on both sides. */
	hasTwoSides: boolean;
	/** The lowest line is the empty field of a new message. */
	endsInInputField: boolean;
	/** Lines that have a time of day or a receipt of reading alone. */
	stamps: number;
	/** Shares of all lines. */
	codeShare: number;
	prompts: number;
	stackLines: number;
	measures: number;
	distances: number;
	drives: number;
	/** Fields to be filled in, and boxes to be ticked. */
	blanks: number;
	tickBoxes: number;
	/** Lines of a label with a colon and a value. */
	labelledLines: number;
	/** Two codes of airports, or a route between two names. */
	airports: number;
	/** Letters of a line on average. */
	lettersPerLine: number;
}

/** Measures a picture's text. */
export function layoutOf(lines: readonly LegibleLine[]): Layout {
	const neighbours = withNeighbours(lines);
	const texts = neighbours.map(({ text }) => plainText(text).plain.trim());
	const originals = lines.map(textOf);
	const count = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length;
	const codeLines = texts.filter((text) => codeLine.test(text));
	const sqlLines = count(sqlLine);
	const letters = texts.reduce((sum, text) => sum + (text.match(/\p{L}/gu)?.length ?? 0), 0);
	return {
		plain: texts.join("\n"),
		lineCount: texts.length,
		priceRows: neighbours.filter(({ left }, at) => {
			const text = texts[at] ?? "";
			if (!hasCents.test(text)) return false;
			return (left !== undefined && barePrice.test(text)) || (/\p{L}/u.test(text) && price.test(text));
		}).length,
		hasTwoSides: hasTwoSides(lines, neighbours),
		endsInInputField: inputField.test(texts[lowestOf(lines)] ?? ""),
		stamps: count(stamp),
		codeShare: texts.length === 0 ? 0 : (codeLines.length + (sqlLines >= 2 ? sqlLines : 0)) / texts.length,
		prompts: originals.filter((text) => promptLine.test(text)).length,
		stackLines: count(stackLine),
		measures: count(measure),
		distances: count(distance),
		drives: count(drive),
		blanks: texts.filter((text) => /_{4,}|\.{8,}/.test(text)).length,
		tickBoxes: originals.reduce((sum, text) => sum + (text.match(/[☐☑☒□■◻▢]/gu)?.length ?? 0), 0),
		labelledLines: count(/^[\p{L} /.,'-]{3,30}:\s?(?:\S|$)/u),
		airports: originals.filter(
			(text) =>
				/(?<!\p{L})[A-Z]{3}(?!\p{L})/u.test(text) && (arrow.test(text) || /\p{Ll} [A-Z]{3}$/u.test(text.trim())),
		).length,
		lettersPerLine: texts.length === 0 ? 0 : letters / texts.length,
	};
}

const lowestOf = (lines: readonly LegibleLine[]) =>
	lines.reduce((lowest, { box }, at) => (box.y > (lines[lowest]?.box.y ?? 0) ? at : lowest), 0);

const minMessageLetters = 6;

/** A message of one's own begins right of the others' and has nothing to its left. */
function hasTwoSides(lines: readonly LegibleLine[], neighbours: readonly FactLine[]): boolean {
	const messages = lines.filter(
		(line, at) =>
			neighbours[at]?.left === undefined &&
			(textOf(line).match(/\p{L}/gu)?.length ?? 0) >=
				(/[\p{scx=Han}\p{scx=Hiragana}]/u.test(textOf(line)) ? 3 : minMessageLetters),
	);
	const edge = Math.min(...messages.map(({ box }) => box.x));
	const own = messages.filter(
		({ box }) => box.x - edge > 0.15 && rightOf(box) > 0.55 && Math.abs(box.x + box.width / 2 - 0.5) > 0.06,
	);
	const theirs = messages.filter(({ box }) => box.x - edge < 0.08);
	return own.length >= 1 && theirs.length >= 2;
}
