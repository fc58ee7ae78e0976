import { describe, expect, it } from "vitest";
import { meanDifferences, parameterDemands, peerDemands } from "#tools/eval/all/demands.ts";
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
		judge: "ranking" as const,
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
