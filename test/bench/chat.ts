// make bench-chat: what a turn asks of DynamoDB as the conversation grows, and what the first turn of a process costs.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Ports } from "#core/ports.ts";
import { fakePorts } from "#fakes/ports.ts";
import { build } from "#scripts/build.ts";
import { backends } from "../aws-backends.ts";
import { countTraffic, type Traffic } from "../aws-traffic.ts";
import { conversationsOn } from "../contracts/conversations.ts";
import { readyItem } from "../use-cases/api/ready-item.ts";
import { ask, ref, type Say, searching } from "../use-cases/chat/talk.ts";
import { startCloud } from "./api-cloud.ts";
import { coldStart, httpEvent, type Run } from "./lambda-process.ts";
import { demand, median, report } from "./report.ts";

const turns = 50;
const rounds = 11;

const plain = await conversation(false);
const searched = await conversation(true);
const processes = await firstTurns();

report(
	"chat",
	[...rowsOf("no tool", plain), ...rowsOf("one search", searched)],
	[
		...demandsOf("no tool", plain),
		...demandsOf("one search", searched),
		demand(
			"CPU of a process's first turn over its second, ms, median",
			processes.first - processes.second,
			60,
		),
	],
	[
		"A turn of the api on the local cloud's DynamoDB and S3: lease, question, checkpoints, answer. Bytes are bodies.",
		`First turn ${processes.first.toFixed(0)} ms, second ${processes.second.toFixed(0)} ms of CPU, the process's token, secret and database connection being there already; the first loads the chat's routes, DynamoDB's client and LangGraph.`,
	],
);

/** What each turn of a conversation of fifty sent and received. */
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
			// As in production each request has its own saver.
			const ports: Ports = { ...rows, ...conversationsOn(backend) };
			await ask(ports, user, `Question ${turn}: where are my noodles?`, say);
			traffic.push(count());
		}
		return traffic;
	} finally {
		await backend.stop();
	}
}

function rowsOf(kind: string, traffic: Traffic[]) {
	return [1, 10, 50].map((turn) => {
		const { requests, sentBytes, receivedBytes, operations } =
			traffic[turn - 1] ?? failed();
		return {
			turn: `${kind}, turn ${turn}`,
			requests,
			"sent KB": (sentBytes / 1_000).toFixed(1),
			"received KB": (receivedBytes / 1_000).toFixed(1),
			operations: Object.entries(operations)
				.map(([name, times]) => `${times} ${name}`)
				.join(", "),
		};
	});
}

/** The window is longest just before it is cut, every fourth turn: so the most of ten turns is compared. */
function demandsOf(kind: string, traffic: Traffic[]) {
	const most = (from: number, of: (one: Traffic) => number) =>
		Math.max(...traffic.slice(from - 1, from + 9).map(of));
	const growth = (of: (one: Traffic) => number) => most(41, of) / most(11, of);
	return [
		demand(
			`${kind}: requests of turns 41-50 / 11-20, the most`,
			growth(({ requests }) => requests),
			1,
		),
		demand(
			`${kind}: bytes of turns 41-50 / 11-20, the most`,
			growth(({ sentBytes, receivedBytes }) => sentBytes + receivedBytes),
			1.05,
		),
	];
}

function failed(): never {
	throw new Error("A turn is missing.");
}

/** CPU of the first and of the second turn of a process, ms, medians. */
async function firstTurns(): Promise<{ first: number; second: number }> {
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	try {
		const { api } = await build({ architecture: "host" });
		const cloud = await startCloud(directory);
		try {
			const headers = { authorization: `Bearer ${cloud.token}` };
			const items = httpEvent("/items", headers);
			const turn = () =>
				httpEvent("/chat", headers, {
					session_id: randomUUID(),
					message: "Where are my noodles?",
				});
			const search = httpEvent("/search", headers, { query: "noodles" });
			const start = (...events: object[]) =>
				coldStart(api, cloud.variables, [items, search, ...events]);
			const differences: { first: number[]; second: number[] } = {
				first: [],
				second: [],
			};
			const spent = (after: Run, before: Run) => after.cpu - before.cpu;
			for (let round = 0; round <= rounds; round++) {
				const none = await start();
				const one = await start(turn());
				const two = await start(turn(), turn());
				if (round === 0) continue; // the first round reads the bundle from disk
				differences.first.push(spent(one, none));
				differences.second.push(spent(two, one));
			}
			return {
				first: median(differences.first),
				second: median(differences.second),
			};
		} finally {
			await cloud.stop();
		}
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}
