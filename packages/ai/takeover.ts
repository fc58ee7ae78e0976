import { ModelFailure, usageOf, withUsage } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import type { ListedModel } from "./providers.ts";

/** A model that did not serve, and the one that is called in its place. */
export interface Takeover {
	from: ListedModel;
	to: ListedModel;
	failure: ModelFailure;
}

/**
 * Calls the models of a list in turn until one serves. Each gets an equal share of the time that is left, so that one that
 * hangs leaves time for the next. An answer, a refusal of its content included, ends the turn, and so does a request
 * that the provider found wrong: the next would, too.
 *
 * @param onTakeover is told of each model that did not serve
 * @throws the first model's failure where none serves, with everything that was billed
 */
export async function firstToServe<Answer>(
	models: readonly ListedModel[],
	deadline: Date,
	call: (model: ListedModel, deadline: Date, billed: ModelUsage[]) => Promise<Answer>,
	onTakeover: (takeover: Takeover) => void,
): Promise<Answer> {
	const billed: ModelUsage[] = [];
	let first: ModelFailure | null = null;
	for (const [at, model] of models.entries()) {
		const next = models[at + 1];
		try {
			return await call(model, next ? shareOf(deadline, models.length - at) : deadline, billed);
		} catch (error) {
			billed.push(...usageOf(error));
			if (!(error instanceof ModelFailure) || error.isRequestWrong) throw withUsage(error, billed);
			if (next) onTakeover({ from: model, to: next, failure: error });
			first ??= error;
		}
	}
	if (!first) throw new Error("A list of models is empty.");
	throw withUsage(first, billed);
}

function shareOf(deadline: Date, models: number): Date {
	const leftMs = deadline.getTime() - Date.now();
	return new Date(Date.now() + leftMs / models);
}
