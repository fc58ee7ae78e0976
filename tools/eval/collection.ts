import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cdkLocal } from "#cdk-local/index.ts";
import { CollectionsClient, type Item } from "#client/index.ts";
import { imageDescription, searchText } from "#core/items/analysis.ts";
import { readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import type { LocalMachine } from "#lib/read-environment.ts";
import { busyLimits, invoke, operatorOf, type ProviderSecrets, synthesize } from "../local/local-environment.ts";
import type { Dataset, DatasetImage } from "./dataset.ts";
import { retryThrottled } from "./modes.ts";
import type { PeerDocument } from "./peer-searches.ts";

/** A local cloud on free ports, with state of its own. */
interface OwnCloud {
	client: CollectionsClient;
	/** Stops the cloud and removes its state. */
	close(): Promise<void>;
}

/** Starts a cloud for one evaluation, with one user signed in. */
export async function startOwnCloud(
	machine: LocalMachine,
	parameters: ProviderSecrets["parameters"],
): Promise<OwnCloud> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-eval-"));
	const cleanups = [() => rm(directory, { recursive: true, force: true })];
	const close = async () => {
		for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
	};
	try {
		const assembly = path.join(directory, "cdk.out");
		const stateDir = path.join(directory, "state");
		const outputsFile = path.join(directory, "outputs.json");
		await synthesize(assembly, { ...machine, limits: busyLimits });
		const cloud = await cdkLocal({
			assembly,
			stateDir,
			outputsFile,
			parameters,
			port: 0,
		});
		cleanups.push(() => cloud.stop());
		const outputs = await readOutputsFile(outputsFile, "start the cloud");
		const operator = await operatorOf(stateDir);
		await invoke(outputs, operator, outputs.MigrationFunctionName);
		const [email, password] = ["eval@example.com", `${randomUUID()}-Aa1`];
		await ensureUser(outputs, operator, email, password);
		const session = await signIn(outputs, email, password);
		// A client that waits would measure its waits.
		return { client: new CollectionsClient({ apiUrl: outputs.ApiUrl, session, maxWaitSeconds: 0 }), close };
	} catch (error) {
		await close();
		throw error;
	}
}

const maxConcurrentUploads = 4;
/** OCR of an image takes seconds; replaying an analysis takes none. */
const maxPerImageMs = 20_000;
const maxStartMs = 60_000;
const pollMs = 500;

/**
 * Uploads a dataset's images through the API, and waits until each is `ready`.
 *
 * @returns the dataset's id of each item
 * @throws if an image fails, or all of them take too long
 */
export async function loadImages(
	client: CollectionsClient,
	{ images }: Dataset,
	update: (done: number, total: number) => void,
): Promise<Map<string, string>> {
	const end = Date.now() + maxStartMs + images.length * maxPerImageMs;
	const ids = new Map<string, string>();
	const pending = [...images];
	const uploadPending = async () => {
		for (let image = pending.shift(); image; image = pending.shift()) {
			ids.set(await upload(client, image), image.id);
		}
	};
	await Promise.all(Array.from({ length: maxConcurrentUploads }, uploadPending));
	for (;;) {
		const items = await listItems(client);
		const failed = items.find(({ status }) => status === "failed");
		if (failed) {
			throw new Error(`images/${failed.original_filename} could not be loaded: ${failed.error?.detail}`);
		}
		const ready = items.filter(({ status }) => status === "ready").length;
		update(ready, images.length);
		if (ready === images.length) return ids;
		if (Date.now() > end) {
			const late = items.find(({ status }) => status !== "ready");
			throw new Error(
				`${images.length - ready} of ${images.length} images were not ready in time; ${late?.original_filename} is ${late?.status}: try again when the machine is less busy.`,
			);
		}
		await sleep(pollMs);
	}
}

async function upload(client: CollectionsClient, { file, type, bytes }: DatasetImage): Promise<string> {
	return (await retryThrottled(() => client.upload(file, new Blob([bytes], { type })))).id;
}

/**
 * Reads the texts that the product's search has of each image, for searches by others.
 *
 * @param ids the dataset's id of each item
 */
export async function readDocuments(
	client: CollectionsClient,
	ids: ReadonlyMap<string, string>,
): Promise<PeerDocument[]> {
	const items = await listItems(client);
	return items.map(({ id, latest_analysis }) => ({
		id: ids.get(id) ?? id,
		text: searchText(imageDescription.parse(latest_analysis?.raw_response)),
	}));
}

async function listItems(client: CollectionsClient): Promise<Item[]> {
	const items: Item[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const cursorParameter: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
		const page = await retryThrottled(() =>
			client.call<{ items: Item[]; next_cursor: string | null }>("GET", `/items?limit=100${cursorParameter}`),
		);
		items.push(...page.items);
		cursor = page.next_cursor;
	}
	return items;
}
