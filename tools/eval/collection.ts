import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cdkLocal } from "#cdk-local/index.ts";
import { readOutputsFile } from "#cli/outputs.ts";
import { type ItemBody, RestClient } from "#cli/rest-client.ts";
import { ensureUser, signIn } from "#cli/users.ts";
import { maxUploadBytes } from "#core/items/upload-item.ts";
import type { LocalMachine } from "#lib/environments.ts";
import { invoke, operatorOf, type ProviderSecrets, synthesize } from "#scripts/local/local.ts";
import type { Dataset, DatasetImage } from "./dataset.ts";
import { patiently } from "./modes.ts";

/** A local cloud on free ports, with state of its own. */
export interface OwnCloud {
	client: RestClient;
	/** Ends it and removes everything it kept. */
	close(): Promise<void>;
}

/** Starts a cloud for one evaluation, with one user signed in. */
export async function startOwnCloud(
	machine: LocalMachine,
	parameters: ProviderSecrets["parameters"],
): Promise<OwnCloud> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-eval-"));
	const endings = [() => rm(directory, { recursive: true, force: true })];
	const close = async () => {
		for (let end = endings.pop(); end; end = endings.pop()) await end();
	};
	try {
		const assembly = path.join(directory, "cdk.out");
		const stateDir = path.join(directory, "state");
		const outputsFile = path.join(directory, "outputs.json");
		await synthesize(assembly, machine);
		const cloud = await cdkLocal({
			assembly,
			stateDir,
			outputsFile,
			parameters,
			port: 0,
		});
		endings.push(() => cloud.stop());
		const outputs = await readOutputsFile(outputsFile, "start the cloud");
		const operator = await operatorOf(stateDir);
		await invoke(outputs, operator, outputs.MigrationFunctionName);
		const [email, password] = ["eval@example.com", `${randomUUID()}-Aa1`];
		await ensureUser(outputs, operator, email, password);
		const token = await signIn(outputs, email, password);
		return { client: new RestClient(outputs.ApiUrl, token), close };
	} catch (error) {
		await close();
		throw error;
	}
}

const uploadsAtOnce = 4;
/** Reading the text in an image takes seconds, replaying an analysis none. */
const maxPerImageMs = 20_000;
const maxStartMs = 60_000;
const pollMs = 500;

/**
 * Uploads a dataset's images as a person would, and waits until each is `ready`.
 *
 * @returns the dataset's id of each item
 * @throws where one fails, or all together take too long
 */
export async function loadImages(
	client: RestClient,
	{ images }: Dataset,
	update: (done: number, of: number) => void,
): Promise<Map<string, string>> {
	const end = Date.now() + maxStartMs + images.length * maxPerImageMs;
	const ids = new Map<string, string>();
	const waiting = [...images];
	const uploadNext = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			ids.set(await upload(client, next), next.id);
		}
	};
	await Promise.all(Array.from({ length: uploadsAtOnce }, uploadNext));
	for (;;) {
		const items = await listed(client);
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
				`${images.length - ready} of ${images.length} images are not ready in time, ${late?.original_filename} is ${late?.status}: try again when the machine has less to do.`,
			);
		}
		await sleep(pollMs);
	}
}

async function upload(client: RestClient, { file, type, bytes }: DatasetImage): Promise<string> {
	if (bytes.length <= maxUploadBytes) {
		return (await patiently(() => client.upload(file, bytes))).id;
	}
	const announced = { filename: file, content_type: type, size: bytes.length };
	const { item_id, url, fields } = await patiently(() =>
		client.call<{
			item_id: string;
			url: string;
			fields: Record<string, string>;
		}>("POST", "/uploads", announced),
	);
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.set(name, value);
	form.set("file", new Blob([bytes]), file);
	const answer = await fetch(url, { method: "POST", body: form });
	if (!answer.ok) {
		throw new Error(`Storing images/${file} answered ${answer.status}.`);
	}
	return item_id;
}

async function listed(client: RestClient): Promise<ItemBody[]> {
	const items: ItemBody[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const at: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
		const page = await patiently(() =>
			client.call<{ items: ItemBody[]; next_cursor: string | null }>("GET", `/items?limit=100${at}`),
		);
		items.push(...page.items);
		cursor = page.next_cursor;
	}
	return items;
}
