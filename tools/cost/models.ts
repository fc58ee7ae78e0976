import { costUsd } from "#ai/prices.ts";
import { defaultModel } from "#lib/providers.ts";
import { type Line, line, whole } from "./line.ts";
import { type Profile, perUpload, perUser } from "./usage.ts";

/** The use of one model in a month, for one purpose. */
interface ModelUse {
	purpose: string;
	model: string;
	calls: number;
	/** Tokens of one call. */
	tokens: { input: number; output: number };
}

/** Prices the tokens of the environment's default models. */
export function models(profile: Profile): Line[] {
	const uses = modelUses(profile);
	return uses.length > 0
		? uses.map((use) => priceUse(use, isServed(profile, use.model)))
		: [line("AI: provider offline, on our own machines", "-", 0)];
}

/** A server of the owner's own costs what it costs, which is not known here. */
const isServed = ({ openaiServer }: Profile, model: string) =>
	openaiServer != null && Object.values(openaiServer.models).includes(model);

/** Lists the default models that the profile uses, each with its provider. */
export function usedModels(profile: Profile): { provider: string; model: string }[] {
	return (["vision", "embedding", "chat"] as const).flatMap((capability) => defaultModel(profile, capability) ?? []);
}

function modelUses(profile: Profile): ModelUse[] {
	const { users, uploads } = profile;
	const vision = defaultModel(profile, "vision");
	const embedding = defaultModel(profile, "embedding");
	const chat = defaultModel(profile, "chat");
	const uses: ModelUse[] = [];
	const searches = users * perUser.searches;
	if (vision) {
		uses.push({ purpose: "descriptions", model: vision.model, calls: uploads, tokens: perUpload.visionTokens });
	}
	if (embedding) {
		const { model } = embedding;
		uses.push(
			{ purpose: "embeddings", model, calls: uploads, tokens: { input: perUpload.embeddingTokens, output: 0 } },
			{
				purpose: "embeddings of searches",
				model,
				calls: searches,
				tokens: { input: perUser.embeddingTokensPerSearch, output: 0 },
			},
		);
	}
	if (chat) {
		const { model } = chat;
		uses.push(
			{ purpose: "answers to searches", model, calls: searches, tokens: perUser.answerTokens },
			{
				purpose: "conversations",
				model,
				calls: users * perUser.chatTurns * perUser.callsPerTurn,
				tokens: perUser.chatTokens,
			},
		);
	}
	return uses;
}

function priceUse({ purpose, model, calls, tokens: { input, output } }: ModelUse, isOwn: boolean) {
	// Priced by the call, since a price may apply only up to a number of tokens in one. A model without calls needs no price.
	const usdPerCall = calls === 0 || isOwn ? 0 : costUsd(model, input, output);
	if (usdPerCall === null) {
		throw new Error(`The price of ${model} is not known: add it to packages/ai/providers.ts.`);
	}
	return line(`AI: ${purpose} by ${model}`, `${whole(calls * (input + output))} tokens`, calls * usdPerCall);
}
