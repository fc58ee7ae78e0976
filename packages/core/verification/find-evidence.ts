import { ModelFailure } from "../errors.ts";
import type { TokenUsage } from "../items/analysis.ts";
import type { Hit, ItemWithAnalysis, Ports } from "../ports/index.ts";
import type { Evidence } from "./evidence.ts";
import { itemEvidence } from "./item-evidence.ts";
import type { Claim } from "./verification.ts";

/** Items that a claim is compared with. */
const hitsPerClaim = 6;
/** Claims at once; a sandbox has two connections to the database. */
const parallelSearches = 2;
const maxEmbeddingMs = 8_000;
const maxQueryLength = 1_000;

export interface FoundEvidence {
	/** Of each claim in its order, best first. */
	ofClaims: Evidence[][];
	/** Those that were found, by id. */
	items: Map<string, ItemWithAnalysis>;
	/** Each says why something was not looked for. */
	notices: string[];
	usage: TokenUsage[];
}

/** Searches the person's collection for each claim, by words and by meaning; by words alone while the embedding model is away. */
export async function findEvidence(
	ports: Pick<Ports, "search" | "embedder" | "items">,
	userId: string,
	claims: readonly Claim[],
	{ deadline }: { deadline: Date },
): Promise<FoundEvidence> {
	const queries = claims.map(({ text }) => plainQuery(text));
	const { vectors, notices, usage } = await embed(ports, queries);
	const hits: Hit[][] = [];
	for (let at = 0; at < queries.length; at += parallelSearches) {
		if (Date.now() > deadline.getTime()) {
			notices.push(`The time was up after ${at} of ${queries.length} claims: the others were not looked for.`);
			break;
		}
		const found = queries.slice(at, at + parallelSearches).map((query, offset) => {
			const vector = vectors[at + offset];
			return search(ports, userId, query, vector);
		});
		hits.push(...(await Promise.all(found)));
	}
	const ids = [...new Set(hits.flat().map(({ itemId }) => itemId))];
	const items = ids.length > 0 ? await ports.items.findAll(userId, ids) : [];
	const evidence = new Map<string, Evidence>();
	for (const each of items) {
		const found = each.item.trashedAt ? null : itemEvidence(each);
		if (found) evidence.set(each.item.id, found);
	}
	return {
		ofClaims: claims.map((_, at) => (hits[at] ?? []).flatMap(({ itemId }) => evidence.get(itemId) ?? [])),
		items: new Map(items.map((found) => [found.item.id, found])),
		notices,
		usage,
	};
}

/** A claim is no query: its quotes and hyphens mean nothing to a search. */
const plainQuery = (text: string): string =>
	text
		.replaceAll('"', " ")
		.replaceAll(/(?<!\S)-+/g, " ")
		.slice(0, maxQueryLength)
		.toWellFormed();

function search(
	{ search, embedder }: Pick<Ports, "search" | "embedder">,
	userId: string,
	query: string,
	vector: Float32Array | undefined,
): Promise<Hit[]> {
	const options = { topK: hitsPerClaim };
	const text = { text: query };
	if (!vector) return search.byText(userId, text, options);
	const { model, answerabilityThreshold, exhaustive, fusionWeights: weights } = embedder;
	return search.hybrid(
		userId,
		{ text, vector: { model, vector, answerabilityThreshold, exhaustive }, weights },
		options,
	);
}

/** All claims in one call. */
async function embed(
	{ embedder }: Pick<Ports, "embedder">,
	queries: string[],
): Promise<{ vectors: Float32Array[]; notices: string[]; usage: TokenUsage[] }> {
	if (queries.length === 0) return { vectors: [], notices: [], usage: [] };
	try {
		const { vectors, usage } = await embedder.embed(queries, "query", {
			deadline: new Date(Date.now() + maxEmbeddingMs),
		});
		return { vectors, notices: [], usage };
	} catch (error) {
		if (!(error instanceof ModelFailure) || error.code !== "embedding_unavailable") throw error;
		return { vectors: [], notices: [`Searched by words only: ${error.message}`], usage: error.usage };
	}
}
