import type { Database } from "#postgres/database.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { demand, mean, median, minDemand } from "../report.ts";
import type { Chroma } from "./chroma.ts";
import { bruteForce, type Collection, type Query, type SizeClass } from "./collection.ts";
import { counted, interleaved, type Measured, pairedRatios, type Side, withWarmUps } from "./compare.ts";
import { model } from "./fill.ts";
import { type Findings, line } from "./findings.ts";
import type { LangChain } from "./langchain.ts";
import { serverTimes } from "./server-times.ts";

export const queriesPerClass = 40;
const explained = 9;
const topK = 10;

/** Vector and hybrid searches of the tenants of one size. */
export async function compareSearches(
	{
		application,
		langchain,
		chroma,
	}: {
		application: Database;
		langchain: LangChain | null;
		chroma: Chroma | null;
	},
	collection: Collection,
	sizeClass: SizeClass,
): Promise<Findings> {
	const tenants = collection.searched(sizeClass);
	const queries = withWarmUps(queriesPerClass, (at) => {
		const tenant = tenants[at % tenants.length];
		if (!tenant) throw new Error("The class has no tenant.");
		return collection.query(tenant);
	});
	const ours = (search: OurSearch): Side<Query> => ({
		name: "ours",
		turn: () => application.query("select 1"),
		run: async (query) => (await search(application, query)).map(({ itemId }) => itemId),
	});
	const langChainSide = (search?: LangChain["byVector"]): Side<Query>[] =>
		langchain && search
			? [
					{
						name: "LangChain.js",
						turn: langchain.turn,
						run: (query) => search(query, topK),
					},
				]
			: [];
	const vectors = await interleaved(queries, [
		ours(byVector),
		...langChainSide(langchain?.byVector),
		...(chroma ? chromaSides(chroma) : []),
	]);
	const hybrids = await interleaved(queries, [ours(hybrid), ...langChainSide(langchain?.hybrid)]);
	const explain = async (search: OurSearch) => {
		const times = [];
		for (const query of queries.slice(0, explained)) {
			times.push(await serverTimes(application, (db) => search(db, query)));
		}
		return times;
	};
	const name = `${sizeClass.rows.toLocaleString("en")} rows`;
	const nearest = counted(queries).map((query) => bruteForce(query, topK));
	const sources = counted(queries).map(({ source }) => [source.itemId]);
	const comparisons = [
		{
			what: `vector, ${name}`,
			sides: vectors,
			expected: nearest,
			server: await explain(byVector),
			limit: (peer: string) => (peer === ownCollection ? ownCollectionLimit(sizeClass) : 1 / 8),
		},
		{
			what: `hybrid, ${name}`,
			sides: hybrids,
			expected: sources,
			server: await explain(hybrid),
			limit: () => 1 / 7,
		},
	];
	return {
		table: comparisons.flatMap(({ what, sides, expected, server }) =>
			sides.map((side, at) =>
				line(what, side, {
					found: shareFound(expected, side),
					...(at === 0 ? { server } : { ours: sides[0] }),
				}),
			),
		),
		demands: [
			minDemand(`recall@10, ${name}`, shareFound(nearest, vectors[0]), 0.99),
			...comparisons.flatMap(({ what, sides: [ours, ...peers], limit }) =>
				peers.map((peer) =>
					demand(`${what} / ${peer.name}`, ours ? median(pairedRatios(ours, peer)) : Number.NaN, limit(peer.name)),
				),
			),
		],
	};
}

type OurSearch = (db: Database, query: Query) => Promise<{ itemId: string }[]>;

const byVector: OurSearch = (db, { tenant, vector }) =>
	postgresSearch(db).byVector(tenant.userId, { model, vector }, { topK });

const hybrid: OurSearch = (db, { tenant, vector, text }) =>
	postgresSearch(db).hybrid(
		tenant.userId,
		{
			text: { text },
			vector: { model, vector },
			weights: { text: 0.5, vector: 0.5 },
		},
		{ topK },
	);

const ownCollection = "Chroma, own collection";

const chromaSides = (chroma: Chroma): Side<Query>[] => [
	{ name: "Chroma, where", run: (query) => chroma.shared(query, topK) },
	{ name: ownCollection, run: (query) => chroma.own(query, topK) },
];

function ownCollectionLimit({ rows }: SizeClass): number {
	if (rows <= 1_500) return 0.75;
	return rows <= 10_000 ? 1.1 : 0.7;
}

/** Returns the share of the expected items that a side found, 0 to 1, mean of all queries. */
function shareFound(expected: string[][], side: Measured | undefined): number {
	return mean(
		expected.map((ids, at) => {
			const found = new Set(side?.found[at]);
			return ids.filter((id) => found.has(id)).length / ids.length;
		}),
	);
}
