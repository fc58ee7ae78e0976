import { costUsd } from "#ai/prices.ts";
import { type Line, line, whole } from "./line.ts";
import { type Profile, perUpload, perUser } from "./usage.ts";

/** Whom the environment asks, and their default models. */
export function models(profile: Profile): Line[] {
	const { users, uploads, visionProvider, embeddingProvider } = profile;
	const lines: Line[] = [];
	const ask = (what: string, model: string, input: number, output: number) => {
		// By the call: a price may hold up to a number of tokens in one.
		const calls = Math.max(uploads, 1);
		const each = costUsd(model, input / calls, output / calls);
		if (each === null) {
			throw new Error(
				`The price of ${model} is not known: add it to packages/ai/prices.ts.`,
			);
		}
		lines.push(
			line(
				`AI: ${what} by ${model}`,
				`${whole(input + output)} tokens`,
				each * calls,
			),
		);
	};
	if (visionProvider !== "offline" && visionProvider !== "replay") {
		const { input, output } = perUpload.visionTokens;
		ask(
			"descriptions",
			profile.models[visionProvider],
			uploads * input,
			uploads * output,
		);
	}
	if (embeddingProvider !== "offline") {
		const searches = users * perUser.searches;
		ask(
			"embeddings",
			profile.models[embeddingProvider],
			uploads * perUpload.embeddingTokens +
				searches * perUser.embeddingTokensPerSearch,
			0,
		);
	}
	return lines.length > 0
		? lines
		: [line("AI: provider offline, on our own machines", "-", 0)];
}
