import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PermanentFailure } from "#core/errors.ts";
import { type ImageDescription, imageDescription } from "#core/items/analysis.ts";
import { once } from "#core/once.ts";
import type { Vision } from "#core/ports/index.ts";

/**
 * Returns a vision provider that answers with a dataset's own analyses (`docs/evaluation.md` has the format), so that
 * `make eval` measures search alone. An image is identified by the SHA-256 of its original.
 */
export function replayVision(folder: string): Vision {
	const analyses = once(() => analysesBySha256(folder));
	return {
		async describe({ sha256, originalFilename }) {
			const description = (await analyses()).get(sha256 ?? "");
			if (!description) {
				throw new PermanentFailure({
					code: "vision_refused",
					detail: `The dataset ${folder} has no analysis of ${originalFilename}.`,
				});
			}
			return {
				description,
				provider: "replay",
				model: path.basename(folder),
				traceId: null,
				usage: [],
			};
		},
	};
}

async function analysesBySha256(folder: string): Promise<Map<string, ImageDescription>> {
	const references: { item_id: string }[] = JSON.parse(await readFile(path.join(folder, "analyses.json"), "utf8"));
	const byItem = new Map(references.map((reference) => [reference.item_id, imageDescription.parse(reference)]));
	const found = new Map<string, ImageDescription>();
	for (const file of await readdir(path.join(folder, "images"))) {
		const description = byItem.get(path.parse(file).name);
		if (!description) continue;
		const bytes = await readFile(path.join(folder, "images", file));
		const sha256 = createHash("sha256").update(bytes).digest("hex");
		// The first of two files with the same bytes counts, as the first upload is the item.
		if (!found.has(sha256)) found.set(sha256, description);
	}
	return found;
}
