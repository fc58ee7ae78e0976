import type { Analysis, DescriptionVerification, ImageDescription } from "../items/analysis.ts";
import type { Item } from "../items/item.ts";
import { cutClaims } from "./claims.ts";
import { explainVerdict } from "./explain-verdict.ts";
import { evidenceBesideModel } from "./item-evidence.ts";
import { accuracyScore, riskLevel } from "./score.ts";
import { verifyClaim } from "./verify-claim.ts";

/** More say nothing more. */
const maxUnsupported = 20;

/**
 * Checks a description by code against what is known without its model: the text that OCR read, the file's own facts, the
 * person's words, and other versions. Null where there is no such text.
 */
export function verifyDescription(
	item: Item,
	description: ImageDescription,
	otherVersions: readonly Pick<Analysis, "description">[],
): DescriptionVerification | null {
	const { text_lines: lines = [], extracted_text: texts, key_interest } = description.image_details;
	if (lines.length === 0 && texts.length === 0 && otherVersions.length === 0) return null;
	const evidence = evidenceBesideModel({ item, description, tags: [] }, otherVersions);
	const fields = { headline: description.headline, summary: description.summary, key_interest };
	const verified = Object.entries(fields).flatMap(([field, text]) =>
		cutClaims(text).claims.map((claim) => ({
			field: field as keyof typeof fields,
			...verifyClaim(claim, [evidence], { isSubject: true }),
		})),
	);
	return {
		accuracyScore: accuracyScore(verified),
		riskLevel: riskLevel(verified),
		unsupported: verified
			.flatMap((claim) => {
				const { field, text, verdict, contradiction } = claim;
				return verdict === "supported" ? [] : [{ field, text, verdict, contradiction, reason: explainVerdict(claim) }];
			})
			.slice(0, maxUnsupported),
	};
}
