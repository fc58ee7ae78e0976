import { type Interval, mean, pairedBootstrap } from "./bootstrap.ts";
import type { Query } from "./dataset-files.ts";
import { type Quality, qualityOf } from "./metrics.ts";
import type { Answer } from "./modes.ts";
import { type PeerDocument, peers } from "./peer-searches.ts";

/** The figures by which the product is compared with a peer, query by query. */
const compared = {
	ndcg10: ({ ndcg }: Quality) => ndcg[10],
	mrr: ({ reciprocalRank }: Quality) => reciprocalRank,
};
export type ComparedFigure = keyof typeof compared;
export const comparedFigures = Object.keys(compared) as ComparedFigure[];

/** A peer's figures on a set, and the product's differences from them. */
export interface PeerSummary {
	ndcg10: number;
	mrr: number;
	recall10: number;
	/** By figure, for each query that something answers: the product's less the peer's. */
	differences: Record<ComparedFigure, number[]>;
	/** Their means with confidence intervals. */
	difference: Record<ComparedFigure, Interval>;
}

const topK = 10;

/**
 * Asks every peer the queries that something answers, over the same texts, and compares the product's answers.
 *
 * @throws if there is no such query
 */
export async function comparePeers(
	documents: PeerDocument[],
	answers: readonly Pick<Answer, "query" | "quality">[],
): Promise<Record<string, PeerSummary>> {
	const summaries: Record<string, PeerSummary> = {};
	for (const [name, fill] of Object.entries(peers)) {
		const peer = await fill(documents);
		const pairs: { ours: Quality; theirs: Quality }[] = [];
		for (const { query, quality: ours } of answers) {
			const theirs = ours && (await qualityOfPeer(peer.find, query));
			if (theirs) pairs.push({ ours, theirs });
		}
		summaries[name] = summarizePeer(pairs);
	}
	return summaries;
}

async function qualityOfPeer(
	find: (query: string, topK: number) => Promise<string[]>,
	{ text, expected }: Query,
): Promise<Quality | null> {
	return qualityOf(await find(text, topK), expected);
}

function summarizePeer(pairs: { ours: Quality; theirs: Quality }[]): PeerSummary {
	const byFigure = <Value>(valueFor: (figure: ComparedFigure) => Value) =>
		Object.fromEntries(comparedFigures.map((figure) => [figure, valueFor(figure)])) as Record<ComparedFigure, Value>;
	const differences = byFigure((figure) =>
		pairs.map(({ ours, theirs }) => compared[figure](ours) - compared[figure](theirs)),
	);
	return {
		...byFigure((figure) => mean(pairs.map(({ theirs }) => compared[figure](theirs)))),
		recall10: mean(pairs.map(({ theirs }) => theirs.recall[10])),
		differences,
		difference: byFigure((figure) => pairedBootstrap([differences[figure]])),
	};
}
