/** A word of a text, a run of text without spaces between words, the sign of a currency, or an emoji without its skin tone. */
export interface Token {
	/** As it stands in the normalised text, in its own case. */
	text: string;
	/** Offsets in the normalised text. */
	start: number;
	end: number;
	/** The characters between the token before and this one. */
	gap: string;
	kind: "word" | "ideographs" | "currency" | "emoji";
}

const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]/g;
/** Sorting a run of marks takes the square of its length; no script has so many on one letter. */
const stackedMarks = /(\p{M}{30})\p{M}+/gu;

/** Makes one form of characters that look alike (NFKC), one of apostrophes, and drops soft hyphens and joiners. */
export function normalize(text: string): string {
	return text
		.toWellFormed()
		.replaceAll(invisible, "")
		.replaceAll(stackedMarks, "$1")
		.normalize("NFKC")
		.replaceAll(/[‘’ʼ`´]/g, "'")
		.replaceAll(/[‐‑‒–—−]/g, "-");
}

/** `C++` and `C#` are words, and so is `'s` no word. */
const tokenPattern =
	/[\p{L}\p{N}\p{M}]+(?:\+\+|#(?![\p{L}\p{N}]))?|\p{Sc}|\p{RI}{2}|(?![©®])\p{Extended_Pictographic}/gu;
const emoji = /^[\p{RI}\p{Extended_Pictographic}]/u;
const possessive = /^s$/i;

/** Chinese and Japanese have no spaces between words; every character may begin one. */
const ideographs =
	/[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}ー]+|[^\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}ー]+/gu;
const isIdeograph = /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}ー]/u;
const unspaced = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const wordSegmenter = new Intl.Segmenter("th", { granularity: "word" });

/** Cuts a normalised text into tokens, in their order. */
export function tokenize(normalized: string): Token[] {
	const tokens: Token[] = [];
	let end = 0;
	const add = (text: string, start: number, kind: Token["kind"]) => {
		tokens.push({ text, start, end: start + text.length, gap: normalized.slice(end, start), kind });
		end = start + text.length;
	};
	for (const { 0: run, index } of normalized.matchAll(tokenPattern)) {
		if (/^\p{Sc}$/u.test(run)) {
			add(run, index, "currency");
		} else if (emoji.test(run)) {
			add(run, index, "emoji");
		} else if (possessive.test(run) && normalized[index - 1] === "'" && end === index - 1) {
			end = index + 1;
		} else {
			for (const { 0: part, index: at } of run.matchAll(ideographs)) {
				if (isIdeograph.test(part)) add(part, index + at, "ideographs");
				else if (unspaced.test(part)) addSegments(part, index + at);
				else add(part, index + at, "word");
			}
		}
	}
	return tokens;

	function addSegments(part: string, start: number) {
		for (const { segment, index: at, isWordLike } of wordSegmenter.segment(part)) {
			if (isWordLike) add(segment, start + at, "word");
		}
	}
}
