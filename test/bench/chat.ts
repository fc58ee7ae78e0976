// make bench-chat: requests and bytes of a turn as the conversation grows, and CPU of a process's first turn.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as esbuild from "esbuild";
import { CollectionsClient } from "#client/index.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import { build } from "#lib/bundling/build.ts";
import { bundled } from "#lib/bundling/javascript.ts";
import { conversationsOn } from "../contracts/conversations.ts";
import { backends, countTraffic, type Traffic } from "../support/checkpoint-saver.ts";
import { card } from "../system/drawings.ts";
import { readyItem } from "../unit/api/ready-item.ts";
import { ask, ref, type Say, searching } from "../unit/chat/talk.ts";
import { startCloud } from "./api-cloud.ts";
import { coldStart, httpEvent, type Run, runNode } from "./lambda-process.ts";
import { demand, measured, median, report } from "./report.ts";
import { saverTraffic } from "./saver-traffic.ts";

const turns = 50;
const rounds = 11;

const plain = await conversation(false);
const searched = await conversation(true);
const processes = await firstTurns();

report(
	"chat",
	[
		...rowsOf("no tool", plain),
		...rowsOf("one search", searched),
		...(await saverTraffic()).map(({ turn, traffic, writeUnits }) => rowOf(turn, traffic, writeUnits)),
	],
	[
		...demandsOf("no tool", plain),
		...demandsOf("one search", searched),
		demand("CPU of a process's first turn over a later one, ms, median", processes.extra, 60),
		demand("of which LangGraph alone, ms, median", processes.graphAlone, 60),
	],
	[
		"A turn of the api on the local cloud's DynamoDB and S3: lease, question, checkpoints, answer. Bytes count bodies only.",
		`First turn ${processes.first.toFixed(0)} ms of CPU, later ones ${processes.later.toFixed(0)} ms, in a process that listed items and searched. The first loads the chat's routes, DynamoDB's client and LangGraph; LangGraph alone is a graph of the same shape whose steps do nothing.`,
		`With LangGraph's in-memory saver instead of the DynamoDB saver the first takes ${processes.inMemory.toFixed(0)} ms more than a later one.`,
	],
);

/** Runs a conversation of fifty turns. @returns the traffic of each */
async function conversation(searches: boolean): Promise<Traffic[]> {
	const [local] = backends;
	if (!local) throw new Error("There is no backend.");
	const backend = await local.start();
	try {
		const user = randomUUID();
		const rows = fakePorts();
		const headline = "A bowl of noodles";
		const { itemId } = await readyItem(rows, user, { headline });
		const say: Say = ({ messages }) => {
			if (messages[1]?.text.startsWith("<conversation>")) {
				return { text: "They asked about noodles, many times." };
			}
			return searches && messages.at(-1)?.role !== "tool"
				? searching("noodles")
				: { text: `A bowl of noodles [${ref(itemId)}].` };
		};
		const count = countTraffic(backend.dynamodb, backend.s3);
		const traffic: Traffic[] = [];
		for (let turn = 1; turn <= turns; turn++) {
			// Each request has its own saver, like in production.
			const ports: Ports = { ...rows, ...conversationsOn(backend) };
			await ask(ports, user, `Question ${turn}: where are my noodles?`, say);
			const counted = count();
			measured(`requests of turn ${turn}`, counted.requests);
			traffic.push(counted);
		}
		return traffic;
	} finally {
		await backend.stop();
	}
}

function rowsOf(kind: string, traffic: Traffic[]) {
	return [1, 10, 50].map((turn) => rowOf(`${kind}, turn ${turn}`, traffic[turn - 1] ?? missingTurn()));
}

function rowOf(turn: string, { requests, sentBytes, receivedBytes, operations }: Traffic, writeUnits?: number) {
	return {
		turn,
		requests,
		"sent KB": (sentBytes / 1_000).toFixed(1),
		"received KB": (receivedBytes / 1_000).toFixed(1),
		"write units": writeUnits ?? "",
		operations: Object.entries(operations)
			.map(([name, times]) => `${times} ${name}`)
			.join(", "),
	};
}

/** Compares the maxima of ten turns: the window is longest just before every fourth turn trims it. */
function demandsOf(kind: string, traffic: Traffic[]) {
	const maxOfTen = (from: number, measure: (turn: Traffic) => number) =>
		Math.max(...traffic.slice(from - 1, from + 9).map(measure));
	const growth = (measure: (turn: Traffic) => number) => maxOfTen(41, measure) / maxOfTen(11, measure);
	return [
		demand(
			`${kind}: requests of turns 41-50 / 11-20, maximum`,
			growth(({ requests }) => requests),
			1,
		),
		demand(
			`${kind}: bytes of turns 41-50 / 11-20, maximum`,
			growth(({ sentBytes, receivedBytes }) => sentBytes + receivedBytes),
			1.05,
		),
	];
}

function missingTurn(): never {
	throw new Error("A turn is missing.");
}

/**
 * Measures the CPU by which a process's first turn exceeds a later one, ms, the median of the rounds. The process runs the api and
 * has read the database's secret, verified a token, listed items with a link to an image, and searched before.
 */
async function firstTurns() {
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	try {
		const { api } = await build({ architecture: "host" });
		const bare = await buildBareGraph(directory);
		const inMemory = await buildInMemory(directory);
		const cloud = await startCloud(directory);
		try {
			const client = new CollectionsClient({ apiUrl: cloud.outputs.ApiUrl, session: cloud.token });
			const image = await card(["A bowl of noodles", "Ramen Ichiban"]);
			const { id } = await client.upload("noodles.png", image);
			await client.settled(id);
			const headers = { authorization: `Bearer ${cloud.token}` };
			const before = [httpEvent("/items", headers), httpEvent("/search", headers, { query: "noodles" })];
			const turn = () =>
				httpEvent("/chat", headers, {
					session_id: randomUUID(),
					message: "Where are my noodles?",
				});
			const turnsOf = (bundle: string) => (count: number) =>
				coldStart(bundle, cloud.variables, [...before, ...Array.from({ length: count }, turn)]);
			const graph = (count: number) => runNode([bare, `${count}`]);
			const runs: (TurnCost & Record<"graphAlone" | "inMemory", TurnCost>)[] = [];
			for (let round = 0; round <= rounds; round++) {
				const measured = {
					...(await costs(turnsOf(api))),
					graphAlone: await costs(graph),
					inMemory: await costs(turnsOf(inMemory)),
				};
				// The first round reads the bundles from disk.
				if (round > 0) runs.push(measured);
			}
			const extra = ({ first, later }: TurnCost) => first - later;
			return {
				first: median(runs.map(({ first }) => first)),
				later: median(runs.map(({ later }) => later)),
				extra: median(runs.map(extra)),
				graphAlone: median(runs.map(({ graphAlone }) => extra(graphAlone))),
				inMemory: median(runs.map(({ inMemory }) => extra(inMemory))),
			};
		} finally {
			await cloud.stop();
		}
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

interface TurnCost {
	first: number;
	later: number;
}

/** Measures the CPU of a process's first turn and, as the mean of six, of a later one, ms. */
async function costs(run: (turns: number) => Promise<Run>): Promise<TurnCost> {
	const [none, single, seven] = [await run(0), await run(1), await run(7)];
	return { first: single.cpu - none.cpu, later: (seven.cpu - single.cpu) / 6 };
}

/** Bundles the api with memory-saver.ts instead of the DynamoDB saver. */
async function buildInMemory(directory: string): Promise<string> {
	const outdir = path.join(directory, "in-memory");
	const saver = path.join(import.meta.dirname, "memory-saver.ts");
	await esbuild.build({
		...bundled,
		entryPoints: { handler: "lambdas/api/handler.ts" },
		external: ["@huggingface/transformers"],
		outdir,
		plugins: [
			...bundled.plugins,
			{
				name: "saver-in-memory",
				setup({ onResolve }) {
					const filter = /^#langgraph-dynamodb\/saver\.ts$/;
					onResolve({ filter }, () => ({ path: saver }));
				},
			},
		],
	});
	return outdir;
}

/** Bundles bare-graph.ts as the api is bundled. */
async function buildBareGraph(directory: string): Promise<string> {
	await esbuild.build({
		entryPoints: { "bare-graph": "test/bench/bare-graph.ts" },
		outdir: directory,
		...bundled,
	});
	return path.join(directory, "bare-graph.mjs");
}
