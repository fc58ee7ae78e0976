import { ModelFailure, PermanentFailure, usageOf, withUsage } from "../errors.ts";
import type { Analysis } from "../items/analysis.ts";
import type { Item } from "../items/item.ts";
import type { Vision, VisionRequest } from "../ports/index.ts";
import { compareDescriptions } from "../verification/compare-descriptions.ts";
import type { ModelComparison } from "../verification/comparison.ts";

/** A model that a comparison names: `provider` or `provider/model`. */
function readModel(entry: string): { provider: string; model: string | undefined } {
	const [provider = "", ...rest] = entry.split("/");
	return { provider, model: rest.join("/") || undefined };
}

/**
 * Has two models describe a picture at the same time, and compares what they say. A model that refuses the picture, or
 * answers with nothing usable, is part of the outcome.
 * @throws any other failure of a model, with what both billed
 */
export async function compareModels(
	vision: Vision,
	picture: Omit<VisionRequest, "provider" | "model">,
	item: Item,
	models: readonly string[],
	versions: readonly Analysis[],
): Promise<ModelComparison> {
	const asked = models.map(readModel);
	const results = await Promise.allSettled(asked.map((model) => vision.describe({ ...picture, ...model })));
	const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
	const failure = failures.find((error) => !(error instanceof PermanentFailure));
	if (failure !== undefined) {
		const usage = results.flatMap((result) =>
			result.status === "fulfilled" ? result.value.usage : usageOf(result.reason),
		);
		throw failure instanceof ModelFailure ? withUsage(failure, usage) : failure;
	}
	const [first, second] = results.map((result, at) => {
		if (result.status === "fulfilled") {
			const { description, provider, model, usage } = result.value;
			return { provider, model, description, error: null, usage };
		}
		const { error, usage } = result.reason as PermanentFailure;
		const { provider = "", model } = asked[at] ?? {};
		return {
			provider,
			model: model ?? "",
			description: null,
			error: { code: error.code, detail: error.detail },
			usage,
		};
	});
	if (!first || !second) throw new Error("A comparison is of two models.");
	return compareDescriptions(item, [first, second], versions);
}
