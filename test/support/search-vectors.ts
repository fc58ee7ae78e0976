import { type DocumentText, documentVector } from "#text/document.ts";

export { documentVersion } from "#text/document.ts";

/** Returns what the application writes to `documents.search` for each text; fields that are not named are empty. */
export function searchVectors(texts: Partial<DocumentText>[]): string[] {
	return texts.map((text) =>
		documentVector({ headline: "", summary: "", labels: "", extractedText: "", filename: "shot.png", ...text }),
	);
}
