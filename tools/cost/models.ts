import { costUsd } from "#ai/prices.ts";
import { defaultModel } from "#lib/providers.ts";
import { type Line, line, whole } from "./line.ts";
import { type Profile, perUpload, perUser } from "./usage.ts";

/** What is asked of one model in a month. */
interface ModelUse {
	what: string;
	model: string;
	calls: number;
	/** Of one call. */
	tokens: { input: number; output: number };
}

/** Tokens of each model that the environment asks where a request names none. */
export function models(profile: Profile): Line[] {
	const asked = askedOf(profile);
	return asked.length > 0 ? asked.map(billed) : [line("AI: provider offline, on our own machines", "-", 0)];
}

/** The models that a month asks, each by the provider it is reached by. */
export function askedModels(profile: Profile): { provider: string; model: string }[] {
	return (["vision", "embedding", "chat"] as const).flatMap((capability) => defaultModel(profile, capability) ?? []);
}

function askedOf(profile: Profile): ModelUse[] {
	const { users, uploads } = profile;
	const vision = defaultModel(profile, "vision");
	const embedding = defaultModel(profile, "embedding");
	const chat = defaultModel(profile, "chat");
	const asked: ModelUse[] = [];
	const searches = users * perUser.searches;
	if (vision) {
		asked.push({ what: "descriptions", model: vision.model, calls: uploads, tokens: perUpload.visionTokens });
	}
	if (embedding) {
		const { model } = embedding;
		asked.push(
			{ what: "embeddings", model, calls: uploads, tokens: { input: perUpload.embeddingTokens, output: 0 } },
			{
				what: "embeddings of searches",
				model,
				calls: searches,
				tokens: { input: perUser.embeddingTokensPerSearch, output: 0 },
			},
		);
	}
	if (chat) {
		const { model } = chat;
		asked.push(
			{ what: "answers to searches", model, calls: searches, tokens: perUser.answerTokens },
			{
				what: "conversations",
				model,
				calls: users * perUser.chatTurns * perUser.callsPerTurn,
				tokens: perUser.chatTokens,
			},
		);
	}
	return asked;
}

function billed({ what, model, calls, tokens: { input, output } }: ModelUse) {
	// By the call: a price may hold up to a number of tokens in one. What nobody asks costs nothing at any price.
	const each = calls === 0 ? 0 : costUsd(model, input, output);
	if (each === null) {
		throw new Error(`The price of ${model} is not known: add it to packages/ai/providers.ts.`);
	}
	return line(`AI: ${what} by ${model}`, `${whole(calls * (input + output))} tokens`, calls * each);
}
