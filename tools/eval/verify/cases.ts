import path from "node:path";
import type { ImageDescription } from "#core/items/analysis.ts";
import { placedText } from "#core/items/placed-text.ts";
import { cutClaims } from "#core/verification/claims.ts";
import { type Evidence, evidenceFrom } from "#core/verification/evidence.ts";
import { factsOf } from "#core/verification/facts.ts";
import { labelsOf, namesOf } from "#core/verification/item-evidence.ts";
import type { Claim } from "#core/verification/verification.ts";
import { seeded } from "../../random.ts";
import { readJson } from "../checked-file.ts";
import { analysisFile } from "../dataset-files.ts";
import { type Elsewhere, type PlantKind, plant, plantKinds } from "./plant.ts";

/** A claim of a reference analysis, true or with an error, and what else its item says. */
export interface Case {
	itemId: string;
	claim: Claim;
	evidence: Evidence;
	/** Null where nothing was planted. */
	kind: PlantKind | null;
}

const seed = 20_261_202;

/** Returns each claim of each reference analysis as it is, and with an error of each kind that it has a place for. */
export async function readCases(folder: string): Promise<Case[]> {
	const analyses = await readJson(path.join(folder, "analyses.json"), analysisFile);
	const random = seeded(seed);
	return analyses.flatMap(({ item_id: itemId, ...description }) => {
		const others = analyses.filter((each) => each.item_id !== itemId);
		const elsewhere: Elsewhere = {
			names: others.flatMap(({ summary }) =>
				factsOf(summary).flatMap(({ kind, text }) => (kind === "name" ? [text] : [])),
			),
			objects: others.flatMap(({ image_details: { objects } }) => objects),
		};
		return partsOf(itemId, description).flatMap(({ text, evidence }) =>
			cutClaims(text).claims.flatMap((claim): Case[] => {
				const planted = plantKinds.flatMap((kind) => {
					const changed = plant(kind, claim.text, evidence, elsewhere, random);
					return changed === null
						? []
						: [{ itemId, evidence, kind, claim: { text: changed, start: 0, end: changed.length } }];
				});
				return [{ itemId, claim, evidence, kind: null }, ...planted];
			}),
		);
	});
}

/** Headline and summary, each with everything else that the analysis has. */
function partsOf(itemId: string, description: ImageDescription): { text: string; evidence: Evidence }[] {
	const { headline, summary, image_details: details } = description;
	const lines = placedText(description);
	const labels = [description.category, ...labelsOf(description)];
	return [
		{ text: headline, others: [summary, details.key_interest] },
		{ text: summary, others: [headline, details.key_interest] },
	].map(({ text, others }) => ({
		text,
		evidence: evidenceFrom({ itemId, url: null }, { lines, prose: others, labels, names: namesOf(description) }),
	}));
}
