import { describe } from "#ai/offline/describe/describe.ts";
import type { PictureKind } from "#core/items/picture-kind.ts";
import { type FactKind, factPhrase } from "#text/facts/fact.ts";
import type { LabelledPage } from "./pages.ts";

/** A description of a page, compared with what a person wrote down. */
export interface ScoredPage {
	page: LabelledPage;
	kind: PictureKind | undefined;
	headline: string;
	summary: string;
	right: string[];
	missed: string[];
	wrong: string[];
}

/** Describes a page as if it had been read, and compares kind and facts. */
export function scorePage(page: LabelledPage): ScoredPage {
	const description = describe(page.lines, {
		originalFilename: "IMG_0001.png",
		takenAt: null,
		camera: null,
		colours: [],
		knownTags: [],
		width: 1_170,
		height: 2_532,
	});
	const { picture_kind: kind, facts = [] } = description.image_details;
	const found = new Set(facts.map(comparable));
	const expected = new Set(page.facts.map(comparable));
	return {
		page,
		kind,
		headline: description.headline,
		summary: description.summary,
		right: [...expected].filter((fact) => found.has(fact)),
		missed: [...expected].filter((fact) => !found.has(fact)),
		wrong: [...found].filter((fact) => !expected.has(fact)),
	};
}

const comparable = (fact: { kind: FactKind; value: string; unit: string | null }) =>
	factPhrase({ ...fact, unit: fact.unit?.toLowerCase() ?? null });

/** Shares of all pages: kinds told rightly, facts found that are stated, facts stated of those found. */
export function sharesOf(pages: readonly ScoredPage[]) {
	const count = (verdict: "right" | "missed" | "wrong") => pages.reduce((sum, page) => sum + page[verdict].length, 0);
	const known = pages.filter(({ page }) => page.kind !== "unknown");
	const recognized = pages.filter(({ kind }) => kind !== "unknown" && kind !== "photo");
	return {
		kinds: pages.filter(({ page, kind }) => kind === page.kind).length / pages.length,
		/** Of the pages whose kind was told. */
		kindPrecision: recognized.filter(({ page, kind }) => kind === page.kind).length / recognized.length,
		kindRecall: known.filter(({ page, kind }) => kind === page.kind).length / known.length,
		precision: count("right") / (count("right") + count("wrong")),
		recall: count("right") / (count("right") + count("missed")),
	};
}
