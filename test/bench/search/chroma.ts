import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "#deployment/free-port.ts";
import type { Collection, Query, Tenant } from "./collection.ts";
import { ChromaClient, type ChromaCollection, chromaProgram } from "./peers/index.ts";

export interface Chroma {
	/** Searches one collection of all rows, the tenant by `where`. */
	shared(query: Query, topK: number): Promise<string[]>;
	/** Searches the tenant's own collection. */
	own(query: Query, topK: number): Promise<string[]>;
	close(): void;
}

/** Without an embedding function, Chroma warns and downloads a model. */
const noEmbeddings = {
	generate: () => Promise.reject(new Error("The bench passes vectors: none is to be computed.")),
};
/** Chroma refuses more at once. */
const batch = 500;
const startSeconds = 20;

/**
 * The server that npm's package brings, or the one at `CHROMA_URL`.
 * @returns the reason if it does not start on this machine
 */
export async function startChroma(
	directory: string,
): Promise<{ client: ChromaClient; close(): void } | { absent: string }> {
	const url = process.env.CHROMA_URL;
	if (url) {
		const { hostname, port, protocol } = new URL(url);
		const ssl = protocol === "https:";
		return {
			client: new ChromaClient({ host: hostname, port: Number(port), ssl }),
			close() {},
		};
	}
	const port = await freePort();
	const server = spawn(
		process.execPath,
		[
			chromaProgram,
			"run",
			...["--path", join(directory, "chroma")],
			...["--host", "127.0.0.1", "--port", String(port)],
		],
		{ stdio: ["ignore", "ignore", "pipe"] },
	);
	let errorOutput = "";
	server.stderr.on("data", (text) => (errorOutput += text));
	process.once("exit", () => server.kill());
	const client = new ChromaClient({ host: "127.0.0.1", port });
	for (const end = Date.now() + startSeconds * 1_000; ; ) {
		if (await client.heartbeat().catch(() => null)) {
			return { client, close: () => void server.kill() };
		}
		if (ended(server) || Date.now() > end) {
			server.kill();
			const reason = /^\w*Error: .*$/m.exec(errorOutput)?.[0] ?? "it does not answer";
			return { absent: reason };
		}
		await sleep(100);
	}
}

const ended = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

/** Adds every tenant to one collection, and the searched ones each to a collection of its own. */
export async function fillChroma(
	{ client, close }: { client: ChromaClient; close(): void },
	collection: Collection,
	progress: (done: number, total: number) => void,
): Promise<Chroma> {
	const searched = collection.sizeClasses.flatMap((sizeClass) => collection.searched(sizeClass));
	const count = (tenants: Tenant[]) => tenants.reduce((sum, { documents }) => sum + documents.length, 0);
	const total = count(collection.tenants) + count(searched);
	let done = 0;
	const create = (name: string) =>
		client.createCollection({
			name,
			embeddingFunction: noEmbeddings,
			configuration: { hnsw: { space: "cosine" } },
		});
	const add = async (target: ChromaCollection, tenants: Tenant[]) => {
		const documents = tenants.flatMap((tenant) => tenant.documents);
		for (let at = 0; at < documents.length; at += batch) {
			const part = documents.slice(at, at + batch);
			await target.add({
				ids: part.map(({ itemId }) => itemId),
				embeddings: part.map(({ vector }) => Array.from(vector)),
				metadatas: part.map(({ userId }) => ({ user_id: userId })),
			});
			done += part.length;
			progress(done, total);
		}
	};
	const shared = await create("everyone");
	await add(shared, collection.tenants);
	const own = new Map<string, ChromaCollection>();
	for (const tenant of searched) {
		const created = await create(tenant.userId);
		await add(created, [tenant]);
		own.set(tenant.userId, created);
	}
	const search = async (
		target: ChromaCollection | undefined,
		{ vector }: Query,
		nResults: number,
		where?: Record<string, string>,
	) => {
		if (!target) throw new Error("The tenant has no collection.");
		const { ids } = await target.query({
			queryEmbeddings: [Array.from(vector)],
			nResults,
			include: ["distances", "metadatas"],
			...(where && { where }),
		});
		return ids[0] ?? [];
	};
	return {
		shared: (query, topK) => search(shared, query, topK, { user_id: query.tenant.userId }),
		own: (query, topK) => search(own.get(query.tenant.userId), query, topK),
		close,
	};
}
