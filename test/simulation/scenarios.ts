import { editItem } from "#core/items/edit-item.ts";
import { originalKey } from "#core/items/item.ts";
import { prepareUpload } from "#core/items/prepare-upload.ts";
import { requestAnalysis, requestComparison, requestResize } from "#core/pipeline/request-work.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import { rebuildIndex } from "#core/search/rebuild-index.ts";
import type { Fault, FaultyProcess } from "./faulty-ports.ts";
import type { SimulatedPorts, Simulator } from "./simulator.ts";

type ScenarioOutcome = Promise<"ended" | "died" | "frozen">;

/** One operation of one process, in a simulator prepared for it. */
interface Scenario {
	title: string;
	/** A port call that the operation makes: without it the scenario proves nothing. */
	mustCall: string;
	/** Prepares the simulator. @returns the item of the operation, if it exists before */
	arrange(simulator: Simulator): Promise<string | undefined>;
	run(simulator: Simulator, process: FaultyProcess<SimulatedPorts>, itemId: string | undefined): ScenarioOutcome;
	/** Repeats the request, as a client without an answer does. @default nothing */
	retry?(simulator: Simulator, itemId: string | undefined): Promise<unknown>;
	/** The item may end `failed`. */
	mayFail?: true;
}

async function announce(simulator: Simulator, ports: Ports): Promise<string> {
	const file = { filename: "announced.png", contentType: "image/png", size: 100, sha256: null } as const;
	const prepared = await prepareUpload(ports, simulator.userId, file, { pendingUploads: 1_000 });
	if (!("itemId" in prepared)) throw new Error("The announced file exists already.");
	simulator.accepted.push(prepared.itemId);
	return prepared.itemId;
}

const killedBefore = (at: string): Fault => ({ kind: "killed before", at });

async function ready(simulator: Simulator): Promise<string> {
	const itemId = await simulator.upload();
	await simulator.drain();
	return itemId;
}

/** The stage handles the message of a new item. */
const stage = (queue: StageName, mustCall: string): Scenario => ({
	title: `the ${queue} stage`,
	mustCall,
	async arrange(simulator) {
		const itemId = await simulator.upload();
		await simulator.deliverUntil(queue);
		return itemId;
	},
	run: async (simulator, process) => simulator.deliver(await simulator.deliverUntil(queue), process),
});

const createAnalysisRequest = (simulator: Simulator, ports: Ports, itemId = "") =>
	requestAnalysis(ports, simulator.userId, itemId, { force: true, provider: "other" });
const createComparison = (simulator: Simulator, ports: Ports, itemId = "") =>
	requestComparison(ports, simulator.userId, itemId, ["fake", "fake/another"]);
const createResizeRequest = (simulator: Simulator, ports: Ports, itemId = "") =>
	requestResize(ports, simulator.userId, itemId);

const edit = (simulator: Simulator, ports: Ports, itemId = "") =>
	editItem(ports, simulator.userId, itemId, { headline: "Edited", tags: ["edited"] });

const startRebuild = (simulator: Simulator, ports: Ports) => rebuildIndex(ports, simulator.userId, { force: true });

/** The api answers a request about a ready item, which the client repeats or gives up. */
function retriedAndNot(title: string, mustCall: string, act: typeof createAnalysisRequest | typeof edit): Scenario[] {
	const once: Scenario = {
		title: `${title}, not retried`,
		mustCall,
		arrange: ready,
		run: (simulator, process, itemId) => process.run((ports) => act(simulator, ports, itemId)),
	};
	const retry: Scenario["retry"] = (simulator, itemId) => act(simulator, simulator.ports, itemId);
	return [{ ...once, title: `${title}, retried`, retry }, once];
}

/** The stage handles a request for a ready item. */
const request = (
	title: string,
	queue: StageName,
	mustCall: string,
	createRequest:
		| typeof createAnalysisRequest
		| typeof createComparison
		| typeof createResizeRequest
		| typeof startRebuild
		| typeof edit,
): Scenario => ({
	title,
	mustCall,
	async arrange(simulator) {
		const itemId = await ready(simulator);
		await createRequest(simulator, simulator.ports, itemId);
		await simulator.deliverUntil(queue);
		return itemId;
	},
	run: async (simulator, process) => simulator.deliver(await simulator.deliverUntil(queue), process),
});

/** The sweeper repairs an item, a request or a deletion. */
const sweeper = (
	title: string,
	mustCall: string,
	arrange: (simulator: Simulator) => Promise<string | undefined>,
	more: Partial<Scenario> = {},
): Scenario => ({
	title: `the sweeper ${title}`,
	mustCall,
	arrange,
	run: (simulator, process) => simulator.sweep(process),
	...more,
});

/** The api starts a rebuild of the index. */
const rebuild = {
	mustCall: "requests.claimRebuildBatch",
	arrange: ready,
	run: (simulator, process) =>
		process.run(async (ports) => {
			await startRebuild(simulator, ports);
		}),
} satisfies Omit<Scenario, "title">;

/** Every operation of every process of the pipeline. */
export const scenarios: Scenario[] = [
	{
		title: "an upload, retried",
		mustCall: "objects.put",
		arrange: async () => undefined,
		async run(simulator, process) {
			const file = { ...simulator.newFile(), filename: "upload.png" };
			files.set(simulator, file);
			return process.run((ports) => simulator.upload(file, ports));
		},
		retry: (simulator) => simulator.upload(files.get(simulator)),
	},
	{
		title: "an upload, not retried",
		mustCall: "objects.put",
		arrange: async () => undefined,
		run: (simulator, process) => process.run((ports) => simulator.upload(undefined, ports)),
		mayFail: true,
	},
	{
		title: "an announced upload, not retried",
		mustCall: "objects.presignPost",
		arrange: async () => undefined,
		run: (simulator, process) =>
			process.run(async (ports) => {
				await announce(simulator, ports);
			}),
		mayFail: true,
	},
	{
		title: "the process stage of bytes that the user has already",
		mustCall: "objects.deleteAll",
		async arrange(simulator) {
			const file = simulator.newFile();
			await simulator.upload(file);
			await simulator.drain();
			const itemId = await announce(simulator, simulator.ports);
			const found = await simulator.ports.items.find(simulator.userId, itemId);
			if (!found) throw new Error("The announced item is gone.");
			const key = originalKey(found.item);
			await simulator.ports.objects.put(key, file.bytes, "image/png");
			await simulator.deliverUntil("process");
			return itemId;
		},
		run: async (simulator, process) => simulator.deliver(await simulator.deliverUntil("process"), process),
		mayFail: true,
	},
	{
		title: "the process stage of a person at the share, while another waits",
		mustCall: "queues.send",
		async arrange(simulator) {
			const leased = await simulator.upload();
			await simulator.ports.stages.claim(simulator.userId, leased, "process", 60);
			await simulator.upload(undefined, undefined, simulator.otherUserId);
			return simulator.upload();
		},
		run: async (simulator, process, itemId = "") => {
			const message = simulator.messages.find(({ body }) => body.includes(itemId));
			if (!message) throw new Error("The item has no message.");
			return simulator.deliver(message, process);
		},
	},
	stage("process", "stages.commitProcessed"),
	stage("analyze", "stages.commitAnalyzed"),
	stage("embed", "stages.commitEmbedded"),
	{
		title: "a deletion, retried",
		mustCall: "objects.deleteAll",
		arrange: ready,
		run: (simulator, process, itemId = "") => process.run((ports) => simulator.delete(itemId, ports)),
		retry: async (simulator, itemId = "") => {
			const isThere = await simulator.ports.items.find(simulator.userId, itemId);
			if (isThere) await simulator.delete(itemId);
			else simulator.deleted.push(itemId);
		},
	},
	...retriedAndNot("a request for a new analysis", "requests.create", createAnalysisRequest),
	{
		title: "a request for a new thumbnail, not retried",
		mustCall: "requests.create",
		arrange: ready,
		run: (simulator, process, itemId) => process.run((ports) => createResizeRequest(simulator, ports, itemId)),
	},
	{
		title: "a request for a new analysis of an item whose derived image does not exist yet",
		mustCall: "requests.create",
		arrange: (simulator) => simulator.upload(),
		run: (simulator, process, itemId) => process.run((ports) => createAnalysisRequest(simulator, ports, itemId)),
	},
	{
		title: "a request for a rebuild, retried",
		...rebuild,
		retry: (simulator) => startRebuild(simulator, simulator.ports),
	},
	{
		title: "a request for a rebuild, not retried",
		...rebuild,
	},
	{
		title: "the process stage of an item with waiting requests",
		mustCall: "stages.commitProcessed",
		async arrange(simulator) {
			const itemId = await simulator.upload();
			await createAnalysisRequest(simulator, simulator.ports, itemId);
			await createResizeRequest(simulator, simulator.ports, itemId);
			await simulator.deliverUntil("process");
			return itemId;
		},
		run: async (simulator, process) => simulator.deliver(await simulator.deliverUntil("process"), process),
	},
	request("the analyze stage at a request", "analyze", "stages.commitAnalyzed", createAnalysisRequest),
	request("the analyze stage at a comparison", "analyze", "stages.commitCompared", createComparison),
	request("the process stage at a request", "process", "stages.commitResized", createResizeRequest),
	request("the embed stage after a request", "embed", "stages.commitEmbedded", createAnalysisRequest),
	...retriedAndNot("an edit", "edits.edit", edit),
	request("the embed stage after an edit", "embed", "stages.commitEmbedded", edit),
	request("the embed stage at a rebuild", "embed", "stages.commitEmbedded", startRebuild),
	sweeper("restarting a rebuild whose events were lost", "events.publish", async (simulator) => {
		const itemId = await ready(simulator);
		await startRebuild(simulator, simulator.ports);
		simulator.messages.length = 0;
		await simulator.advance(3600);
		return itemId;
	}),
	sweeper("sending an event that was committed and not sent", "outbox.markSent", async (simulator) => {
		const itemId = await simulator.upload();
		const message = await simulator.deliverUntil("process");
		const process = simulator.process(killedBefore("events.publish"));
		await simulator.deliver(message, process);
		await simulator.advance(60);
		return itemId;
	}),
	sweeper("restarting an item whose event was lost", "events.publish", async (simulator) => {
		const itemId = await simulator.upload();
		await simulator.deliverUntil("analyze");
		simulator.messages.length = 0;
		await simulator.advance(3600);
		return itemId;
	}),
	sweeper("restarting a request whose event was lost", "events.publish", async (simulator) => {
		const itemId = await ready(simulator);
		await createAnalysisRequest(simulator, simulator.ports, itemId);
		simulator.messages.length = 0;
		await simulator.advance(3600);
		return itemId;
	}),
	sweeper(
		"ending an upload that never arrived",
		"stages.failMissingUpload",
		async (simulator) => {
			const process = simulator.process(killedBefore("objects.put"));
			await process.run((ports) => simulator.upload(undefined, ports));
			await simulator.advance(2 * 3600);
			return undefined;
		},
		{ mayFail: true },
	),
	sweeper("finishing a deletion", "stages.deleteTombstone", async (simulator) => {
		const itemId = await ready(simulator);
		const process = simulator.process(killedBefore("objects.deleteAll"));
		await process.run((ports) => simulator.delete(itemId, ports));
		simulator.deleted.push(itemId);
		await simulator.advance(3 * 3600);
		return undefined;
	}),
];

/** Returns the scenario with a title. @throws if there is none, so that no test loses a scenario that gets another title */
export function scenarioTitled(title: string): Scenario {
	const found = scenarios.find((scenario) => scenario.title === title);
	if (!found) throw new Error(`There is no scenario "${title}".`);
	return found;
}

const files = new WeakMap<Simulator, ReturnType<Simulator["newFile"]>>();
