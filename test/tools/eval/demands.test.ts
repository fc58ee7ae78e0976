import { describe, expect, it } from "vitest";
import type { ModeFigures } from "#tools/eval/all/answers.ts";
import { baselineDemands } from "#tools/eval/all/baseline.ts";
import { meanDifferences, parameterDemands, peerDemands, strengthDemands } from "#tools/eval/all/demands.ts";
import { pairedBootstrap } from "#tools/eval/bootstrap.ts";
import { qualityOf } from "#tools/eval/metrics.ts";
import { comparePeers, type PeerSummary } from "#tools/eval/peer-answers.ts";

const peer = (differences: number[]): PeerSummary => ({
	ndcg10: 0.5,
	mrr: 0.5,
	recall10: 0.5,
	differences: { ndcg10: differences, mrr: differences },
	difference: { ndcg10: pairedBootstrap([differences]), mrr: pairedBootstrap([differences]) },
});
const failing = (sets: Parameters<typeof peerDemands>[0]) =>
	peerDemands(sets)
		.filter(({ holds }) => !holds)
		.map(({ name }) => name);

describe("the demands on peers", () => {
	it("hold where hybrid is below a peer by less than the interval, and above it in the mean", () => {
		const uncertain = [0.4, -0.5, 0.3, -0.3, 0.2, -0.2];
		expect(
			failing([
				{ name: "a", peers: { fts5: peer(uncertain) } },
				{ name: "b", peers: { fts5: peer([0.3, 0.3]) } },
			]),
		).toEqual([]);
	});

	it("fail on the set where hybrid is below a peer by more, though it is above in the mean", () => {
		const sets = [
			{ name: "a", peers: { fts5: peer([-0.1, -0.1]) } },
			{ name: "b", peers: { fts5: peer([0.3, 0.3]) } },
		];
		expect(failing(sets)).toEqual(["a: hybrid - fts5, nDCG@10, upper end", "a: hybrid - fts5, MRR, upper end"]);
	});

	it("fail where hybrid is not above a peer in the mean", () => {
		expect(failing([{ name: "a", peers: { fts5: peer([0, 0]) } }])).toEqual([
			"mean: hybrid - fts5, nDCG@10",
			"mean: hybrid - fts5, MRR",
		]);
	});

	it("are an error over nothing: no set, no peer, no query that something answers", async () => {
		expect(() => peerDemands([])).toThrow("No peer was compared");
		expect(() => peerDemands([{ name: "a", peers: {} }])).toThrow("No peer was compared");
		const sets: Parameters<typeof peerDemands>[0] = [
			{ name: "a", peers: { fts5: peer([0.1]) } },
			{ name: "b", peers: {} },
		];
		expect(() => meanDifferences(sets)).toThrow("nothing to compare");
		const query = { id: "q", text: "nothing", type: "no-answer", expected: new Map<string, number>() };
		const answers = [{ query, quality: qualityOf([], query.expected) }];
		await expect(comparePeers([], answers)).rejects.toThrow("no mean of nothing");
	});
});

describe("the demands on parameters", () => {
	const swept = (differences: number[]) => ({
		name: "saturation",
		metric: "ranking" as const,
		off: "1000",
		inForce: "0.5",
		chosenOnAll: "0.5",
		leftOut: {},
		gain: pairedBootstrap([differences]),
	});

	it("fail for one that gains nothing on the left-out sets", () => {
		const demands = parameterDemands([swept([0.1, 0]), swept([0.1, -0.1]), swept([0, 0])]);
		expect(demands.map(({ holds }) => holds)).toEqual([true, false, false]);
	});

	it("are an error over no parameter", () => {
		expect(() => parameterDemands([])).toThrow("No parameter was swept");
	});
});

/** A set with queries that mean so many items each, and what the hybrid search reached on it. */
const measured = (name: string, meant: number[], figures: Partial<ModeFigures>) => ({
	set: {
		name,
		queries: meant.map((items, at) => ({
			id: `q${at}`,
			text: "any",
			type: "keyword",
			expected: new Map(Array.from({ length: items }, (_, item) => [`${item}`, 3])),
		})),
	},
	modes: {
		hybrid: { figures: { ndcg10: 0.8, hopeless_without_strong: 1, right_hits_lost: 0, ...figures } as ModeFigures },
	},
});
const failures = (demands: { name: string; holds: boolean }[]) =>
	demands.filter(({ holds }) => !holds).map(({ name }) => name);

describe("the demands on strong and weak hits", () => {
	it("count each query and each item alike, however small its set", () => {
		const large = measured("large", [...Array(19).fill(0), ...Array(40).fill(1)], {});
		const small = measured("small", [0, 1], { hopeless_without_strong: 0, right_hits_lost: 1 });
		expect(failures(strengthDemands([large, small]))).toEqual([]);
		expect(failures(strengthDemands([small]))).toEqual(["hopeless queries without a strong hit", "right hits lost"]);
	});

	it("are on right hits alone where every query has an answer", () => {
		const answered = measured("answered", [1], { hopeless_without_strong: null });
		expect(strengthDemands([answered]).map(({ name }) => name)).toEqual(["right hits lost"]);
	});
});

describe("the demands of a baseline", () => {
	const baseline = { embedding_model: "m", ndcg10: { a: 0.8, b: 0.8 } };
	it("fail on a set that is found worse, but for rounding", () => {
		const reports = [measured("a", [1], { ndcg10: 0.79 }), measured("b", [1], { ndcg10: 0.797 })];
		expect(failures(baselineDemands(baseline, "m", reports))).toEqual(["a: hybrid, nDCG@10, baseline"]);
	});

	it("are none for another embedding model, or for a set that is new", () => {
		expect(baselineDemands(baseline, "other", [measured("a", [1], { ndcg10: 0 })])).toEqual([]);
		expect(baselineDemands(baseline, "m", [measured("new", [1], { ndcg10: 0 })])).toEqual([]);
	});
});
