import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { TextLine } from "#core/items/analysis.ts";
import { type PictureKind, pictureKinds } from "#core/items/picture-kind.ts";
import { type Fact, type FactKind, factKinds } from "#text/facts/fact.ts";

/** A page of text as a reader of pictures returns it, and what it is and states. */
export interface LabelledPage {
	id: string;
	kind: PictureKind;
	facts: Pick<Fact, "kind" | "value" | "unit">[];
	lines: TextLine[];
}

/** Kinds of facts with a unit after the value. */
const withUnit: FactKind[] = ["total", "tax", "amount", "quantity"];

/** Reads the pages of a folder of text files; `test/unit/offline/pages/README.md` has the format. */
export async function readPages(folder: string): Promise<LabelledPage[]> {
	const files = (await readdir(folder)).filter((file) => file.endsWith(".txt")).sort();
	const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
	return texts.flatMap((text) =>
		text
			.split(/^== /m)
			.slice(1)
			.map((page) => pageOf(page)),
	);
}

function pageOf(text: string): LabelledPage {
	const [head = "", ...rows] = text.trimEnd().split("\n");
	const [id = "", name] = head.split(" ");
	const kind = pictureKinds.find((each) => each === name);
	if (!kind) throw new Error(`The page ${id} has no kind: "${name}" is none of ${pictureKinds.join(", ")}.`);
	const facts = rows.filter((row) => row.startsWith("! ")).map((row) => factOf(id, row.slice(2)));
	return { id, kind, facts, lines: linesOf(rows.filter((row) => !row.startsWith("! "))) };
}

function factOf(page: string, row: string): LabelledPage["facts"][number] {
	const [name = "", ...words] = row.split(" ");
	const kind = factKinds.find((each) => each === name);
	if (!kind) throw new Error(`The page ${page} has a fact of an unknown kind: "${name}".`);
	if (!withUnit.includes(kind)) return { kind, value: words.join(" "), unit: null };
	const unit = words.length > 1 ? words.slice(1).join(" ").replace(" ", "") : null;
	return { kind, value: (words[0] ?? "").replaceAll(",", ""), unit };
}

const columns = 64;
const largeLine = 1.8;
const unsure = 0.4;
const sure = 0.97;

/** Places the text of rows as on a screen: three spaces divide the pieces of a row. */
function linesOf(rows: string[]): TextLine[] {
	const rowHeight = 1 / Math.max(24, rows.length + 2);
	return rows.flatMap((row, at) => {
		const mark = /^[\^~] /.exec(row)?.[0].trim();
		const text = mark ? row.slice(2) : row;
		const scale = mark === "^" ? largeLine : 1;
		return [...text.matchAll(/\S(?:.*?\S)??(?=\s{3,}|\s*$)/g)].map(({ 0: piece, index }) => ({
			text: piece,
			confidence: mark === "~" ? unsure : sure,
			box: {
				x: fraction(widthOf(text.slice(0, index)) / columns),
				y: fraction((at + 1) * rowHeight),
				width: fraction((widthOf(piece) * scale) / columns),
				height: rowHeight * 0.6 * scale,
			},
		}));
	});
}

const fraction = (value: number) => Math.min(1, value);
/** Characters of Chinese and Japanese are twice as wide. */
const widthOf = (text: string) =>
	text.length + (text.match(/[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}！-～]/gu)?.length ?? 0);
