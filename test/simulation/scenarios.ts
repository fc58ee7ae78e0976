import { originalKey } from "#core/items/item.ts";
import { prepareUpload } from "#core/items/prepare-upload.ts";
import { requestAnalysis, requestResize } from "#core/pipeline/request-work.ts";
import type { Ports } from "#core/ports/index.ts";
import { rebuildIndex } from "#core/search/rebuild-index.ts";
import type { Fault, FaultyProcess } from "./faulty-ports.ts";
import type { QueueName, Simulator } from "./simulator.ts";

type ScenarioOutcome = Promise<"ended" | "died" | "frozen">;

/** One thing that one process does, in a world that was brought to where it does it. */
export interface Scenario {
	title: string;
	/** A port call that belongs to it: an act that was not brought to its point proves nothing. */
	reaches: string;
	/** Gives the item it is about, where there is one before it. */
	arrange(world: Simulator): Promise<string | undefined>;
	run(
		world: Simulator,
		process: FaultyProcess<Ports>,
		itemId: string | undefined,
	): ScenarioOutcome;
	/** What the person does who got no answer. @default nothing */
	again?(world: Simulator, itemId: string | undefined): Promise<unknown>;
	/** The item may end otherwise than `ready`. */
	mayFail?: true;
}

async function announce(world: Simulator, ports: Ports): Promise<string> {
	const prepared = await prepareUpload(ports, world.userId, {
		filename: "announced.png",
		contentType: "image/png",
		size: 100,
		sha256: null,
	});
	if (!("itemId" in prepared)) throw new Error("There is such an item.");
	world.accepted.push(prepared.itemId);
	return prepared.itemId;
}

const killedBefore = (at: string): Fault => ({ kind: "killed before", at });

async function ready(world: Simulator): Promise<string> {
	const itemId = await world.upload();
	await world.drain();
	return itemId;
}

/** The stage handles its message of a fresh item. */
const stage = (queue: QueueName, reaches: string): Scenario => ({
	title: `the ${queue} stage`,
	reaches,
	async arrange(world) {
		const itemId = await world.upload();
		await world.reach(queue);
		return itemId;
	},
	run: async (world, process) =>
		world.deliver(await world.reach(queue), process),
});

const askAnalysis = (world: Simulator, ports: Ports, itemId = "") =>
	requestAnalysis(ports, world.userId, itemId, {
		force: true,
		provider: "other",
	});
const askResize = (world: Simulator, ports: Ports, itemId = "") =>
	requestResize(ports, world.userId, itemId);

const askRebuild = (world: Simulator, ports: Ports) =>
	rebuildIndex(ports, world.userId, { force: true });

/** The stage handles what a person asked for a ready item. */
const request = (
	title: string,
	queue: QueueName,
	reaches: string,
	ask: typeof askAnalysis | typeof askResize | typeof askRebuild,
): Scenario => ({
	title,
	reaches,
	async arrange(world) {
		const itemId = await ready(world);
		await ask(world, world.ports, itemId);
		await world.reach(queue);
		return itemId;
	},
	run: async (world, process) =>
		world.deliver(await world.reach(queue), process),
});

/** The sweeper finds something to do. */
const sweeper = (
	title: string,
	reaches: string,
	arrange: (world: Simulator) => Promise<string | undefined>,
	more: Partial<Scenario> = {},
): Scenario => ({
	title: `the sweeper ${title}`,
	reaches,
	arrange,
	run: (world, process) => world.sweep(process),
	...more,
});

/** Everything that any process of the pipeline does with its ports. */
export const scenarios: Scenario[] = [
	{
		title: "an upload, tried again",
		reaches: "objects.put",
		arrange: async () => undefined,
		async run(world, process) {
			const file = { ...world.newFile(), filename: "upload.png" };
			files.set(world, file);
			return process.run((ports) => world.upload(file, ports));
		},
		again: (world) => world.upload(files.get(world)),
	},
	{
		title: "an upload, given up",
		reaches: "objects.put",
		arrange: async () => undefined,
		run: (world, process) =>
			process.run((ports) => world.upload(undefined, ports)),
		mayFail: true,
	},
	{
		title: "an announced upload, given up",
		reaches: "objects.presignPost",
		arrange: async () => undefined,
		run: (world, process) =>
			process.run(async (ports) => {
				await announce(world, ports);
			}),
		mayFail: true,
	},
	{
		title: "the process stage of bytes the user has already",
		reaches: "objects.deleteAll",
		async arrange(world) {
			const file = world.newFile();
			await world.upload(file);
			await world.drain();
			const itemId = await announce(world, world.ports);
			const found = await world.ports.items.find(world.userId, itemId);
			if (!found) throw new Error("The announced item is gone.");
			const key = originalKey(found.item);
			await world.ports.objects.put(key, file.bytes, "image/png");
			await world.reach("process");
			return itemId;
		},
		run: async (world, process) =>
			world.deliver(await world.reach("process"), process),
		mayFail: true,
	},
	stage("process", "stages.commitProcessed"),
	stage("analyze", "stages.commitAnalyzed"),
	stage("embed", "stages.commitEmbedded"),
	{
		title: "a deletion, tried again",
		reaches: "objects.deleteAll",
		arrange: ready,
		run: (world, process, itemId = "") =>
			process.run((ports) => world.delete(itemId, ports)),
		again: async (world, itemId = "") => {
			const isThere = await world.ports.items.find(world.userId, itemId);
			if (isThere) await world.delete(itemId);
			else world.deleted.push(itemId);
		},
	},
	{
		title: "a wish for a new analysis, tried again",
		reaches: "requests.create",
		arrange: ready,
		run: (world, process, itemId) =>
			process.run((ports) => askAnalysis(world, ports, itemId)),
		again: (world, itemId) => askAnalysis(world, world.ports, itemId),
	},
	{
		title: "a wish for a new analysis, given up",
		reaches: "requests.create",
		arrange: ready,
		run: (world, process, itemId) =>
			process.run((ports) => askAnalysis(world, ports, itemId)),
	},
	{
		title: "a wish for a new thumbnail, given up",
		reaches: "requests.create",
		arrange: ready,
		run: (world, process, itemId) =>
			process.run((ports) => askResize(world, ports, itemId)),
	},
	{
		title: "a wish for a new analysis of an item whose image is not made yet",
		reaches: "requests.create",
		arrange: (world) => world.upload(),
		run: (world, process, itemId) =>
			process.run((ports) => askAnalysis(world, ports, itemId)),
	},
	{
		title: "a wish for a rebuild, tried again",
		reaches: "requests.claimRebuildBatch",
		arrange: ready,
		run: (world, process) =>
			process.run(async (ports) => {
				await askRebuild(world, ports);
			}),
		again: (world) => askRebuild(world, world.ports),
	},
	{
		title: "a wish for a rebuild, given up",
		reaches: "requests.claimRebuildBatch",
		arrange: ready,
		run: (world, process) =>
			process.run(async (ports) => {
				await askRebuild(world, ports);
			}),
	},
	{
		title: "the process stage of an item with waiting requests",
		reaches: "stages.commitProcessed",
		async arrange(world) {
			const itemId = await world.upload();
			await askAnalysis(world, world.ports, itemId);
			await askResize(world, world.ports, itemId);
			await world.reach("process");
			return itemId;
		},
		run: async (world, process) =>
			world.deliver(await world.reach("process"), process),
	},
	request(
		"the analyze stage at a request",
		"analyze",
		"stages.commitAnalyzed",
		askAnalysis,
	),
	request(
		"the process stage at a request",
		"process",
		"stages.commitResized",
		askResize,
	),
	request(
		"the embed stage after a request",
		"embed",
		"stages.commitEmbedded",
		askAnalysis,
	),
	request(
		"the embed stage at a rebuild",
		"embed",
		"stages.commitEmbedded",
		askRebuild,
	),
	sweeper(
		"restarting a rebuild whose events were lost",
		"events.publish",
		async (world) => {
			const itemId = await ready(world);
			await askRebuild(world, world.ports);
			world.messages.length = 0;
			await world.pass(3600);
			return itemId;
		},
	),
	sweeper(
		"sending what was committed and not sent",
		"outbox.markSent",
		async (world) => {
			const itemId = await world.upload();
			const message = await world.reach("process");
			const process = world.process(killedBefore("events.publish"));
			await world.deliver(message, process);
			await world.pass(60);
			return itemId;
		},
	),
	sweeper(
		"restarting an item whose event was lost",
		"events.publish",
		async (world) => {
			const itemId = await world.upload();
			await world.reach("analyze");
			world.messages.length = 0;
			await world.pass(3600);
			return itemId;
		},
	),
	sweeper(
		"restarting a request whose event was lost",
		"events.publish",
		async (world) => {
			const itemId = await ready(world);
			await askAnalysis(world, world.ports, itemId);
			world.messages.length = 0;
			await world.pass(3600);
			return itemId;
		},
	),
	sweeper(
		"ending an upload that never arrived",
		"stages.failMissingUpload",
		async (world) => {
			const process = world.process(killedBefore("objects.put"));
			await process.run((ports) => world.upload(undefined, ports));
			await world.pass(2 * 3600);
			return undefined;
		},
		{ mayFail: true },
	),
	sweeper("finishing a deletion", "stages.deleteTombstone", async (world) => {
		const itemId = await ready(world);
		const process = world.process(killedBefore("objects.deleteAll"));
		await process.run((ports) => world.delete(itemId, ports));
		world.deleted.push(itemId);
		await world.pass(3 * 3600);
		return undefined;
	}),
];

const files = new WeakMap<Simulator, ReturnType<Simulator["newFile"]>>();
